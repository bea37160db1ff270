import Foundation
import HTTPTypes
import LWS
import Services

/// The slider that shows that somebody is human, in Leaf's API; where it is not wanted, these routes are not there.
struct LeafCaptchaRoutes: Sendable {
    let core: Core

    func add(to table: inout RouteTable) {
        table.leaf(.get, "/api/v1/captcha/get") { try puzzle($0) }
        table.leaf(.post, "/api/v1/captcha/validate") { try validate($0) }
    }

    private func puzzle(_ request: HTTPServerRequest) throws -> Response {
        let check = try humanCheck()
        let email = try Parameters(request, in: [.query], ignoringCase: true).text("email")
        try core.limits[.mailCodes]?.take(request.head.remoteAddress)
        let puzzle = try check.makePuzzle(for: email ?? "")
        return LeafAnswer.ok([
            "slider_captcha": [
                "slider_img": Self.picture(puzzle.piece), "bg_img": Self.picture(puzzle.background),
                "y": .int(Int64(puzzle.y)),
            ]
        ])
    }

    private func validate(_ request: HTTPServerRequest) throws -> Response {
        let check = try humanCheck()
        let body = try LeafAccountRoutes.body(of: request)
        try check.solve(try body.requiredInteger("x"), for: try body.text("email") ?? "")
        return LeafAnswer.ok()
    }

    private func humanCheck() throws(Problem) -> SliderCheck {
        guard let check = core.humanCheck else { throw .notFound }
        return check
    }

    private static func picture(_ png: [UInt8]) -> JSONValue { .string(Data(png).base64EncodedString()) }
}
