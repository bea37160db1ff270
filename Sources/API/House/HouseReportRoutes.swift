import Endpoints
import HTTPTypes
import LWS
import Limits
import Live
import Services
import Store

/// Reporting what is amiss, and deciding about it, in `/v1`.
struct HouseReportRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        [
            report("/v1/posts/{post}/report", "Report a post", none: "There is no such post.") { call in
                guard let key = Forum.key(call.path("post")) else { throw ServicesError.notFound }
                return .post(try await core.forum.post(key).id)
            },
            report("/v1/comments/{comment}/report", "Report a comment", none: "There is no such comment.") { call in
                guard let id = ObjectID.id(call.path("comment")) else { throw ServicesError.notFound }
                return .comment(try await core.forum.comment(.id(id)).id)
            },
            report(
                "/v1/people/{name}/report", "Report somebody's name or picture", none: "Nobody has this name."
            ) { call in
                guard let account = try await core.accounts.account(shownAs: call.path("name")) else {
                    throw ServicesError.notFound
                }
                return .account(account.id)
            },
            report(
                "/v1/rooms/{runID}/report", "Report a room",
                none: "There is no such room, or it is not for one to know."
            ) { call in
                let headers = call.request.head.headers
                let visitor = HouseVisitor(
                    account: call.caller, password: headers[.roomPassword], link: headers[.roomLink],
                    address: call.address)
                return .room(try await HouseRooms(core: core).known(call.path("runID"), to: visitor).id)
            },
            Endpoint(
                .get, "/v1/admin/reports",
                EndpointDescription(
                    HouseAdminRoutes.group, "What people have reported",
                    "What waits for a decision, or what was decided; the newest first, and a `Link` leads on.",
                    answers: .json(Schema.object(["reports": Schema.array(of: Schema.named("Report"))])),
                    refusals: HouseAdminRoutes.forbidden),
                access: .administrator, cost: .light,
                input: Form(in: [.query], Cursor.field, Field<ReportState>.word("state").or(.open)), list),
            Endpoint(
                .post, "/v1/admin/reports/{id}/decision",
                EndpointDescription(
                    HouseAdminRoutes.group, "Decide about a report",
                    """
                    And about all others that wait about the same. `hide`: of a post or comment nobody sees the words and \
                    pictures any more, a room is in no list, somebody's name says nothing. `delete`: it is gone, for good. \
                    `dismiss`: nothing was amiss. `show`: what was hidden, a post or comment, is seen again.
                    """,
                    answers: .json(Schema.named("Report")),
                    refusals: HouseAdminRoutes.forbidden.merging([
                        400: "This cannot be done to it.", 404: "There is no such report.",
                    ]) { $1 }),
                access: .administrator, cost: .light.withinReserve,
                input: Form(in: [.json], Field<Report.Decision>.word("decision")), decide),
        ]
    }

    /// Whether reports wait for a decision.
    private enum ReportState: String, CaseIterable {
        case open, decided
    }

    // MARK: - Reporting

    private func report(
        _ pattern: String, _ summary: String, none: String,
        of find: @escaping @Sendable (Call<Account>) async throws -> Report.Subject
    ) -> Endpoint {
        Endpoint(
            .post, pattern,
            EndpointDescription(
                HouseAdminRoutes.group, summary,
                "For administrators to decide. Of what one has reported already, and waits, nothing is kept.",
                answers: .empty(204, "It is with the administrators."),
                refusals: [404: none, 503: "Too much waits for a decision."]),
            access: .token, cost: .report,
            input: Form(
                in: [.json], Field<Reports.Reason>.word("reason"),
                Field.string("note", Schema.text("It is an advertisement.", upTo: Limit.Administration.note)).optional)
        ) { [core] call, reason, note in
            try await core.reports.report(
                try await find(call), by: call.caller.id, reason: reason, note: note)
            return Response(status: .noContent)
        }
    }

    // MARK: - Deciding

    private func list(_ call: Call<Administrator>, cursor: Cursor, state: ReportState) async throws -> Response {
        let found = try await core.reports.reports(
            isOpen: state == .open, before: cursor.before, limit: cursor.limit + 1)
        let page = found.prefix(cursor.limit)
        var shown: [JSONValue] = []
        for report in page { shown.append(try await json(report)) }
        return cursor.response(
            ["reports": .array(shown)],
            next: found.count > page.count ? page.last.map { ObjectID.text($0.id) } : nil, of: call.request,
            keeping: "&state=" + state.rawValue)
    }

    private func decide(_ call: Call<Administrator>, decision: Report.Decision) async throws -> Response {
        guard let id = ObjectID.id(call.path("id")) else { throw ServicesError.notFound }
        let report = try await core.reports.report(id)
        do {
            try await carryOut(decision, on: report, by: call)
        } catch ServicesError.notFound where decision == .delete {
            // Gone meanwhile, which is what was wanted; so in the others.
        } catch LiveError.noSuchRoom where decision == .delete {
        }
        let decided = try await core.reports.noteDecision(decision, about: report, by: call.caller.account.id)
        return .json(try await json(decided))
    }

    private func carryOut(
        _ decision: Report.Decision, on report: Report, by call: Call<Administrator>
    ) async throws {
        let actor = call.caller.account, forum = core.forum
        switch (decision, report.subject) {
        case (.dismiss, _):
            try await core.audit.note(
                AuditEvent(
                    .reportDismissed, by: .account(actor.id), subject: ObjectID.text(report.id), from: call.address))
        case (.hide, .post(let id)): try await forum.setHidden(true, post: id, by: actor)
        case (.hide, .comment(let id)): try await forum.setHidden(true, comment: id, by: actor)
        case (.hide, .account(let id)):
            try await core.administration.resetName(of: id, by: actor, from: call.address)
        case (.hide, .room(let id)):
            let room = try await room(id)
            var details = room.details
            details.visibility = .link
            try await core.audited(.roomChanged, room, by: actor, from: call.address) { [details] in
                guard try await core.live.changeRoom(room.runID, to: details, password: nil) != nil else {
                    throw HouseTag.changedMeanwhile
                }
            }
        case (.delete, .post(let id)): try await forum.deletePost(.id(id), by: actor, isModerated: true)
        case (.delete, .comment(let id)): _ = try await forum.deleteComment(.id(id), by: actor, isModerated: true)
        case (.delete, .account(let id)):
            try await core.administration.delete(id, by: actor, from: call.address)
        case (.delete, .room(let id)):
            let room = try await room(id)
            try await core.audited(.roomDeleted, room, by: actor, from: call.address) {
                try await core.live.deleteRoom(room.runID)
            }
        case (.show, .post(let id)): try await forum.setHidden(false, post: id, by: actor)
        case (.show, .comment(let id)): try await forum.setHidden(false, comment: id, by: actor)
        case (.show, .account), (.show, .room):
            throw ServicesError.invalid(
                field: "decision", message: "What was hidden of a name or a room cannot be shown again.")
        }
    }

    private func room(_ id: Int64) async throws -> RoomSummary {
        guard let room = try await core.database.rooms.summary(id: id) else { throw LiveError.noSuchRoom }
        return room
    }

    // MARK: - Answers

    /// A report with what it is about, as administrators see it.
    private func json(_ report: Report) async throws -> JSONValue {
        let about = try await about(report.subject)
        var object = JSONObject()
        func set(_ name: String, _ text: String?) { object[name] = text.map { .string($0) } ?? .null }
        set("id", ObjectID.text(report.id))
        set("kind", about.kind)
        set("subject", about.subject)
        set("post", about.post)
        set("text", about.text)
        set("author", about.author)
        object["isHidden"] = .bool(about.isHidden)
        set("reason", report.reason)
        set("note", report.note)
        set("reporter", report.reporterName)
        object["createdAt"] = .int(report.createdAt)
        object["openCount"] = .int(Int64(report.openCount))
        set("decision", report.verdict?.decision.rawValue)
        object["decidedAt"] = report.verdict.map { .int($0.decidedAt) } ?? .null
        set("decider", report.verdict?.deciderName)
        return .object(object)
    }

    /// What a report is about; nothing of it where it is gone.
    private struct About {
        let kind: String
        /// As addresses name it; nil for what is gone.
        var subject: String?
        /// That a comment is on.
        var post: String?
        var text: String?
        /// The name of who has written it, or made it.
        var author: String?
        var isHidden = false
    }

    private func about(_ subject: Report.Subject) async throws -> About {
        var about = About(kind: subject.kind)
        switch subject {
        case .post(let id), .comment(let id):
            guard let writing = try await core.forum.writing(subject) else { return about }
            about.subject = ObjectID.text(id)
            about.post = writing.post.map { ObjectID.text($0) }
            let whole = [writing.title, writing.content].compactMap(\.self).joined(separator: "\n")
            about.text = String(
                String.UnicodeScalarView(whole.unicodeScalars.prefix(Limit.Administration.excerpt)))
            about.author = writing.author.username
            about.isHidden = writing.isHidden
        case .account(let id):
            guard let account = try await core.accounts.account(id: id) else { return about }
            about.subject = account.username
            about.text = account.nickname
            about.author = account.username
        case .room(let id):
            guard let room = try await core.database.rooms.summary(id: id) else { return about }
            about.subject = room.runID
            about.text = room.details.name ?? room.runID
            if let owner = room.details.owner { about.author = try await core.accounts.account(id: owner)?.username }
        }
        return about
    }

    static let schema = Schema.object([
        "id": Schema.objectID, "kind": Schema.words(["post", "comment", "account", "room"]),
        "subject": Schema.orNull(Schema.text), "post": Schema.orNull(Schema.objectID),
        "text": Schema.orNull(Schema.text), "author": Schema.orNull(Schema.text), "isHidden": Schema.boolean,
        "reason": Schema.words(Reports.Reason.allCases.map(\.rawValue)), "note": Schema.orNull(Schema.text),
        "reporter": Schema.orNull(Schema.text), "createdAt": Schema.integer, "openCount": Schema.count,
        "decision": Schema.orNull(Schema.words(Report.Decision.allCases.map(\.rawValue))),
        "decidedAt": Schema.orNull(Schema.integer), "decider": Schema.orNull(Schema.text),
    ])
}
