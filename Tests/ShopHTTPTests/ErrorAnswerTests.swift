import AsyncHTTPClient
import Foundation
import NIOCore
import ShopAPI
import Testing
import VMShopTesting

@Suite("Errors over HTTP")
struct ErrorAnswerTests {
    /// The published statuses, spelt out: a client relies on them.
    static let statuses: [ErrorCode: Int] = [
        .requestInvalid: 400, .callInvalid: 400, .queryInvalid: 400, .tooLarge: 413, .machineUnknown: 404,
        .plantUnknown: 404, .plantNotAdmitted: 403,
        .machineConflict: 422,
        .machineCollected: 410, .imageUnknown: 404, .imageConflict: 409, .imageRefused: 422, .imageTaken: 409,
        .machineBusy: 409, .bidExpired: 409,
        .cancelled: 409, .noBids: 503, .refused: 503,
        .unavailable: 503, .unreachable: 503, .actionFailed: 500, .guestSilent: 500, .machineLost: 500,
        .hostFailed: 500,
        .internalError: 500, .loop: 508, .superseded: 409, .overloaded: 429, .timedOut: 504,
    ]

    @Test("every code has its status and travels whole", arguments: ErrorCode.allCases)
    func codes(code: ErrorCode) async throws {
        try await WebService.run { service in
            let error = ServiceError(
                code,
                "it \"failed\" – here\n",
                hint: "do that",
                refusals: [Refusal(plant: "p", reasons: ["a", "b"])]
            )
            await service.plant.script(.status, .fail(error))
            let answer = try await service.call("GET", "/v1/status")
            #expect(answer.status == Self.statuses[code])
            #expect(answer.type == "application/json; charset=utf-8")
            #expect(answer.error == error)
            #expect(String(decoding: answer.body, as: UTF8.self).contains(#""code":"\#(code.rawValue)""#))
        }
    }

    @Test(
        "what there is not is 404, as JSON",
        arguments: [
            ("GET", "/"), ("GET", "/v1"), ("GET", "/v2/status"), ("GET", "/v1/machine"), ("POST", "/v1/machines"),
            ("PATCH", "/v1/status"),
            ("DELETE", "/v1/machines"), ("PUT", "/v1/machines/"), ("GET", "/v1/../etc/passwd"), ("GET", "/v1/status/x"),
        ]
    )
    func unknownRoutes(method: String, path: String) async throws {
        try await WebService.run { service in
            let answer = try await service.call(method, path)
            #expect(answer.status == 404)
            #expect(answer.error?.code == .callInvalid)
            #expect(answer.error?.message.contains(method) == true)
        }
    }

    @Test(
        "an id that is none is refused, whatever is asked of it",
        arguments: [
            "x", "01M7Y93B80GVC1T8MA8P00QCP", "%00", "..%2F..%2Fetc%2Fpasswd", "01M7Y93B80GVC1T8MA8P00QCPU",
            "%F0%9F%92%A3",
        ]
    )
    func badIDs(id: String) async throws {
        try await WebService.run { service in
            for (method, path) in [
                ("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/configurations"), ("GET", "/events"),
            ] {
                let answer = try await service.call(method, "/v1/machines/\(id)\(path)")
                #expect(answer.status == 400, "\(method) \(path)")
                #expect(answer.error?.code == .callInvalid)
            }
            #expect(await service.plant.calls.isEmpty)
        }
    }

    @Test(
        "a parameter that cannot be used is named",
        arguments: [
            ("POST", "/v1/estimates?policy=cheap", "policy", ErrorCode.callInvalid),
            ("PUT", "/v1/machines/ID?policy=", "policy", .callInvalid),
            ("GET", "/v1/machines?query=Memory%20%3E", "query", .queryInvalid),
            ("GET", "/v1/machines?query=", "query", .queryInvalid),
            ("GET", "/v1/machines/ID/events?after=x", "after", .callInvalid),
            ("GET", "/v1/machines/ID/events?after=-1", "after", .callInvalid),
            ("GET", "/v1/machines/ID/events?after=1e300", "after", .callInvalid),
            ("GET", "/v1/machines/ID/events?wait=nan", "wait", .callInvalid),
            ("GET", "/v1/machines/ID/events?wait=inf", "wait", .callInvalid),
            ("GET", "/v1/machines/ID/events?after=1.5", "after", .callInvalid),
            ("GET", "/v1/machines?all=perhaps", "all", .callInvalid),
        ]
    )
    func badParameters(method: String, path: String, name: String, code: ErrorCode) async throws {
        try await WebService.run { service in
            let answer = try await service.call(method, path.replacing("ID", with: MachineID.new().text))
            #expect(answer.status == 400)
            #expect(answer.error?.code == code)
            #expect(answer.error?.message.contains(name) == true)
        }
    }

    @Test("a document that is none is refused with its mistakes and their places")
    func badDocument() async throws {
        try await WebService.run { service in
            for body in ["", "<request", "{}", "<request xmlns=\"urn:vmshop:request:1\"/>", "\u{0}"] {
                let answer = try await service.call(
                    "PUT",
                    "/v1/machines/\(MachineID.new())",
                    .bytes(ByteBuffer(string: body))
                )
                #expect(answer.status == 400)
                #expect(answer.error?.code == .requestInvalid)
                #expect(answer.error?.diagnostics?.isEmpty == false)
            }
        }
    }
}
