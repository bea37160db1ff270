import Endpoints
import Foundation
import HTTPTypes
import LWS
import Services

/// The slider that shows that somebody is human, in Leaf's API; where it is not wanted, these routes are not there.
struct LeafCaptchaRoutes: Sendable {
    let core: Core

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/captcha/get",
                EndpointDescription(
                    LeafAnswer.group, "A slider to solve",
                    "Only where the server wants it: otherwise this route is not there.",
                    answers: LeafAnswer.described(
                        Schema.object([
                            "slider_captcha": Schema.object([
                                "slider_img": Schema.text, "bg_img": Schema.text, "y": Schema.count,
                            ])
                        ]))),
                access: .open, cost: .mailCode,
                input: Form(
                    in: [.query],
                    LeafFields.text("email", Schema.text, about: "The address that it is for.", isRequired: false)),
                puzzle),
            Endpoint(
                .post, "/api/v1/captcha/validate",
                EndpointDescription(
                    LeafAnswer.group, "Solve a slider", "Within three pixels.", answers: LeafAnswer.done),
                access: .open, cost: .light.withinReserve,
                input: Form(
                    Field.integer("x", ["type": "integer", "examples": [120]]), LeafFields.email), validate),
        ]
    }

    private func puzzle(_ call: Call<Void>, email: String) throws -> Response {
        let puzzle = try humanCheck().makePuzzle(for: email, by: call.address)
        return LeafAnswer.ok([
            "slider_captcha": [
                "slider_img": Self.picture(puzzle.piece), "bg_img": Self.picture(puzzle.background),
                "y": .int(Int64(puzzle.y)),
            ]
        ])
    }

    private func validate(_ call: Call<Void>, x: Int64, email: String) throws -> Response {
        try humanCheck().solve(x, for: email, by: call.address)
        return LeafAnswer.ok()
    }

    private func humanCheck() throws(Problem) -> SliderCheck {
        guard let check = core.humanCheck else { throw .notFound }
        return check
    }

    private static func picture(_ png: [UInt8]) -> JSONValue { .string(Data(png).base64EncodedString()) }
}
