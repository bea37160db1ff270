import TestKit

/// A request as it should be to each route of the house's own API, and to the addresses that devices post to.
extension RouteTable {
    static let house =
        houseAccounts + houseRooms + housePosts + houseFiles + houseDevices + houseZones + houseSafety + houseAdmin
        + houseReports + bridges

    private static let houseAccounts = [
        RouteCases(
            "POST /v1/accounts", [.ok("new", gives: 201, .json(#"{"name":"$new","password":"secret"}"#))]),
        RouteCases("POST /v1/session", [.ok("by name", .json(#"{"name":"$ana","password":"secret"}"#))]),
        RouteCases("PUT /v1/session", [.ok("again", as: .refresh)]),
        RouteCases("DELETE /v1/session", [.ok("out", gives: 204, as: .ana)]),
        RouteCases("GET /v1/sessions", [.ok("one's own", at: "/v1/sessions?limit=5", as: .ana)]),
        RouteCases(
            "DELETE /v1/sessions/{id}",
            [.no(404, "Not found", "of another's, or none", at: "/v1/sessions/s1", as: .ana)]),
        RouteCases("GET /v1/me", [.ok("one's own", as: .ana)]),
        RouteCases("PATCH /v1/me", [.ok("a nickname", as: .ana, .json(#"{"nickname":"Ana"}"#))]),
        RouteCases(
            "PUT /v1/me/password",
            [.ok("a new one", gives: 204, as: .ana, .json(#"{"password":"secret","newPassword":"other"}"#))]),
        RouteCases(
            "PUT /v1/me/picture",
            [.ok("a picture", as: .ana, .form([:], files: [(field: "picture", content: Picture.png)]))]),
        RouteCases(
            "POST /v1/me/email/code",
            [.ok("a code", gives: 202, as: .ana, .json(#"{"email":"$new@example.org"}"#))]),
        RouteCases(
            "PUT /v1/me/email",
            [
                .no(
                    400, "The code is wrong or has expired.", "a guessed code", as: .ana,
                    .json(#"{"email":"$new@example.org","code":"000000","password":"secret"}"#))
            ]),
        RouteCases("GET /v1/me/export", [.ok("one's own", as: .ana)]),
        RouteCases("DELETE /v1/me", [.ok("gone", gives: 204, as: .ana, .json(#"{"password":"secret"}"#))]),
    ]

    private static let club = "/v1/rooms/$club"

    private static let houseRooms = [
        RouteCases("GET /v1/session", [.ok("who it is", as: .ana)]),
        RouteCases("POST /v1/guests", [.ok("a guest", gives: 201, .json(#"{"name":"Eva","link":"$clubLink"}"#))]),
        RouteCases("GET /v1/links/{link}", [.ok("a room", at: "/v1/links/$clubLink")]),
        RouteCases("GET /v1/me/rooms", [.ok("one's own", as: .ana)]),
        RouteCases("GET /v1/rooms", [.ok("public ones")]),
        RouteCases("POST /v1/rooms", [.ok("one more", gives: 201, as: .ana, .json(#"{"name":"Sunday"}"#))]),
        RouteCases("GET /v1/rooms/{runID}", [.ok("one's own", at: club, as: .ana)]),
        RouteCases("PATCH /v1/rooms/{runID}", [.ok("a name", at: club, as: .ana, .json(#"{"name":"Monday"}"#))]),
        RouteCases("DELETE /v1/rooms/{runID}", [.ok("one's own", gives: 204, at: club, as: .ana)]),
        RouteCases("GET /v1/rooms/{runID}/state", [.ok("nobody", at: club + "/state", as: .ana)]),
        RouteCases("GET /v1/rooms/{runID}/tracks", [.ok("none", at: club + "/tracks", as: .ana)]),
        RouteCases("GET /v1/rooms/{runID}/links", [.ok("all", at: club + "/links", as: .ana)]),
        RouteCases(
            "POST /v1/rooms/{runID}/links",
            [.ok("one more", gives: 201, at: club + "/links", as: .ana, .json(#"{"role":"spectator"}"#))]),
        RouteCases(
            "DELETE /v1/rooms/{runID}/links/{id}",
            [.ok("revoked", gives: 204, at: club + "/links/$clubLinkID", as: .ana)]),
        RouteCases(
            "POST /v1/rooms/{runID}/people/{runner}/remove",
            [.no(404, "Not found", "nobody", at: club + "/people/1/remove", as: .ana)]),
        RouteCases("GET /v1/runs", [.ok("one's own", at: "/v1/runs?limit=5", as: .ana)]),
        RouteCases("GET /v1/me/totals", [.ok("of one's own", at: "/v1/me/totals?zone=Asia/Shanghai", as: .ana)]),
        RouteCases("GET /v1/runs/{id}", [.ok("one's own", at: "/v1/runs/$run", as: .ana)]),
        RouteCases(
            "PATCH /v1/runs/{id}", [.ok("a title", at: "/v1/runs/$run", as: .ana, .json(#"{"title":"River"}"#))]),
        RouteCases("DELETE /v1/runs/{id}", [.ok("one's own", gives: 204, at: "/v1/runs/$run", as: .ana)]),
    ]

    private static let houseFiles =
        ["gpx", "tcx", "fit", "kml", "geojson", "csv"].map { format in
            RouteCases(
                "GET /v1/runs/{id}.\(format)",
                [
                    .ok("one's own", at: "/v1/runs/$way.\(format)", as: .ana),
                    .no(404, nil, "no way", at: "/v1/runs/$run.\(format)", as: .ana),
                ])
        }
        + ["gpx", "fit"].flatMap { format in
            [
                RouteCases(
                    "GET /v1/runs/{id}/course.\(format)",
                    [.ok("one's own", at: "/v1/runs/$way/course.\(format)", as: .ana)]),
                RouteCases(
                    "GET /v1/rooms/{runID}/course.\(format)",
                    [.no(404, "Not found", "nobody's", at: club + "/course.\(format)", as: .ana)]),
            ]
        } + [
            RouteCases("GET /v1/rooms/{runID}/results.csv", [.ok("nobody's", at: club + "/results.csv", as: .ana)]),
            RouteCases(
                "POST /v1/runs",
                [
                    .ok("no run", as: .ana, .form([:], files: [(field: "file", content: Picture.png)])),
                    .no(400, nil, "nothing", as: .ana),
                ]),
        ]

    private static let phone = "/v1/devices/$phone"

    private static let houseDevices = [
        RouteCases("GET /v1/devices", [.ok("one's own", as: .ana)]),
        RouteCases(
            "POST /v1/devices",
            [
                .ok(
                    "one more", gives: 201, as: .ana, .json(#"{"app":"traccar","runID":"$club"}"#),
                    has: ["address", "link", "code", "settings.interval"])
            ]),
        RouteCases("GET /v1/devices/{id}", [.ok("one's own", at: phone, as: .ana)]),
        RouteCases("PATCH /v1/devices/{id}", [.ok("a label", at: phone, as: .ana, .json(#"{"label":"Old"}"#))]),
        RouteCases("DELETE /v1/devices/{id}", [.ok("revoked", gives: 204, at: phone, as: .ana)]),
    ]

    private static let zone = "/v1/me/zones/$zone"

    private static let houseZones = [
        RouteCases("GET /v1/me/zones", [.ok("one's own", as: .ana)]),
        RouteCases(
            "POST /v1/me/zones",
            [
                .ok(
                    "one more", gives: 201, as: .ana, .json(#"{"latitude":48.1,"longitude":11.5,"radius":400}"#),
                    has: ["id", "center.latitude", "center.longitude"])
            ]),
        RouteCases("GET /v1/me/zones/{id}", [.ok("one's own", at: zone, as: .ana)]),
        RouteCases("PATCH /v1/me/zones/{id}", [.ok("a radius", at: zone, as: .ana, .json(#"{"radius":500}"#))]),
        RouteCases("DELETE /v1/me/zones/{id}", [.ok("removed", gives: 204, at: zone, as: .ana)]),
    ]

    private static let person = "/v1/admin/people/$benPerson"
    private static let spam = RouteCase.Body.json(#"{"reason":"spam","note":"It is an advertisement."}"#)

    private static let houseAdmin = [
        RouteCases(
            "POST /v1/admin/setup",
            [
                .no(
                    400, "The code is wrong or has expired.", "a guessed code",
                    .json(#"{"code":"AAAAAAAAAAAAAAAAAAAAAA","name":"$new","password":"secret"}"#))
            ]),
        RouteCases(
            "GET /v1/admin/rooms", [.ok("those with somebody", at: "/v1/admin/rooms?limit=5&state=live", as: .root)]),
        RouteCases("GET /v1/admin/backups", [.ok("none", as: .root, has: ["isOn", "backups", "kept"])]),
        RouteCases(
            "POST /v1/admin/backups",
            [.no(409, "The server has no `--backup-dir` to put it.", "nowhere to put it", as: .root)]),
        RouteCases("GET /v1/admin/server", [.ok("figures", as: .root, has: ["startedAt", "storeDelay.counts"])]),
        RouteCases("GET /v1/admin/settings", [.ok("all", as: .root, has: ["settings.0.origin"])]),
        RouteCases("GET /v1/admin/audit", [.ok("a page", at: "/v1/admin/audit?limit=5", as: .root)]),
        RouteCases(
            "GET /v1/admin/people", [.ok("by name", at: "/v1/admin/people?search=$ben&limit=5", as: .root)]),
        RouteCases("GET /v1/admin/people/{id}", [.ok("ben", at: person, as: .root, has: ["keptBytes", "logins"])]),
        RouteCases(
            "PATCH /v1/admin/people/{id}",
            [.ok("a role", at: person, as: .root, .json(#"{"role":"auditor","isDisabled":false}"#))]),
        RouteCases("DELETE /v1/admin/people/{id}", [.ok("ben", gives: 204, at: person, as: .root)]),
        RouteCases(
            "POST /v1/admin/people/{id}/password",
            [.ok("ben's", at: person + "/password", as: .root, has: ["password"])]),
        RouteCases(
            "DELETE /v1/admin/people/{id}/sessions",
            [.ok("ben's", gives: 204, at: person + "/sessions", as: .root)]),
        RouteCases(
            "GET /v1/admin/reports", [.ok("those that wait", at: "/v1/admin/reports?state=open&limit=5", as: .root)]),
        RouteCases(
            "POST /v1/admin/reports/{id}/decision",
            [
                .ok(
                    "dismissed", at: "/v1/admin/reports/$report/decision", as: .root,
                    .json(#"{"decision":"dismiss"}"#), has: ["decidedAt"])
            ]),
    ]

    private static let houseReports = [
        RouteCases(
            "POST /v1/posts/{post}/report", [.ok("a post", gives: 204, at: housePost + "/report", as: .ana, spam)]),
        RouteCases(
            "POST /v1/comments/{comment}/report",
            [.ok("a comment", gives: 204, at: "/v1/comments/$remark/report", as: .ana, spam)]),
        RouteCases(
            "POST /v1/people/{name}/report", [.ok("ben", gives: 204, at: "/v1/people/$ben/report", as: .ana, spam)]),
        RouteCases(
            "POST /v1/rooms/{runID}/report", [.ok("one's own", gives: 204, at: club + "/report", as: .ana, spam)]),
    ]

    private static let houseSafety = [
        RouteCases("GET /v1/alarms", [.ok("those that one hears of", as: .ana)]),
        RouteCases(
            "POST /v1/alarms",
            [
                .ok("from somewhere", gives: 201, as: .ana, .json(#"{"latitude":39.905,"longitude":116.407}"#)),
                .no(404, "Not found", "from a room of others", as: .ana, .json(#"{"runID":"no-such-room"}"#)),
            ]),
        RouteCases(
            "PATCH /v1/alarms/{id}",
            [.ok("moved", at: "/v1/alarms/$alarm", as: .ana, .json(#"{"latitude":39.905,"longitude":116.407}"#))]),
        RouteCases("DELETE /v1/alarms/{id}", [.ok("all is clear", gives: 204, at: "/v1/alarms/$alarm", as: .ana)]),
        RouteCases("GET /v1/me/confidants", [.ok("one's own", as: .ana)]),
        RouteCases("PUT /v1/me/confidants", [.ok("nobody", as: .ana, .json(#"{"names":[]}"#))]),
    ]

    private static let bridges = ["": "", "/{first}": "/client", "/{first}/{second}": "/client/index.php"].flatMap {
        (suffix: String, path: String) in
        ["GET", "POST", "PUT"].map { method in
            RouteCases(
                method + " /bridge/{app}/{token}" + suffix,
                [
                    .ok(
                        "a position",
                        at: "$phonePath" + path + "?id=1&lat=60.0&lon=30.0&timestamp=1377177267&speed=4.86"),
                    .no(
                        403, "The address is not known.", "of nobody's",
                        at: "/bridge/traccar/AAAAAAAAAAAAAAAAAAAAAA" + path + "?lat=60.0&lon=30.0&timestamp=1377177267"),
                ])
        }
    }

    private static let housePost = "/v1/posts/$post"

    private static let housePosts = [
        RouteCases("GET /v1/posts", [.ok("a page", at: "/v1/posts?limit=5")]),
        RouteCases(
            "POST /v1/posts",
            [
                .ok("one more", gives: 201, as: .ana, .json(#"{"title":"T","content":"C"}"#)),
                .ok(
                    "with a picture", gives: 201, as: .ana,
                    .form(["title": "T", "content": "C"], files: [(field: "images", content: Picture.png)])),
            ]),
        RouteCases("GET /v1/posts/{post}", [.ok("one", at: housePost)]),
        RouteCases("PATCH /v1/posts/{post}", [.ok("a title", at: housePost, as: .ana, .json(#"{"title":"U"}"#))]),
        RouteCases("DELETE /v1/posts/{post}", [.ok("one's own", gives: 204, at: housePost, as: .ana)]),
        RouteCases("PUT /v1/posts/{post}/like", [.ok("a like", at: housePost + "/like", as: .ana)]),
        RouteCases("DELETE /v1/posts/{post}/like", [.ok("none", at: housePost + "/like", as: .ana)]),
        RouteCases("GET /v1/posts/{post}/comments", [.ok("all", at: housePost + "/comments")]),
        RouteCases(
            "POST /v1/posts/{post}/comments",
            [.ok("one more", gives: 201, at: housePost + "/comments", as: .ana, .json(#"{"content":"C"}"#))]),
        RouteCases(
            "DELETE /v1/comments/{comment}", [.ok("one's own", gives: 204, at: "/v1/comments/$remark", as: .ana)]),
    ]
}
