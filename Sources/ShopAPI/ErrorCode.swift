/// The catalogue of errors: stable codes, the same in HTTP bodies, exit codes and docs (`docs/errors.md`).
public enum ErrorCode: String, Sendable, Hashable, Codable, CaseIterable {
    /// The request document is not well formed, does not follow the schema, or makes no sense.
    case requestInvalid = "request.invalid"
    /// A parameter of the call itself is wrong.
    case callInvalid = "call.invalid"
    /// The query cannot be read.
    case queryInvalid = "query.invalid"
    /// The body is larger than the limit.
    case tooLarge = "call.too-large"
    /// There is no machine of that id.
    case machineUnknown = "machine.unknown"
    /// The id belongs to a machine that was made from another request.
    case machineConflict = "machine.conflict"
    /// The machine was collected; its id is never used again.
    case machineCollected = "machine.collected"
    /// The machine is doing something that excludes the call.
    case machineBusy = "machine.busy"
    /// There is no plant of that name.
    case plantUnknown = "plant.unknown"
    /// The shop does not take the plant into its list: the message says why.
    case plantNotAdmitted = "plant.not-admitted"
    /// There is no image of that name, or of that version.
    case imageUnknown = "image.unknown"
    /// Another version of the image is there already.
    case imageConflict = "image.conflict"
    /// No image can be made of the machine: the message says why.
    case imageRefused = "image.refused"
    /// Another image has the name.
    case imageTaken = "image.taken"
    /// The bid that the creation names has expired.
    case bidExpired = "bid.expired"
    /// No plant can take the machine; every reason is listed.
    case noBids = "placement.no-bids"
    /// This plant cannot take the machine; every reason is listed.
    case refused = "placement.refused"
    /// An action of the request failed in the guest or on the host.
    case actionFailed = "action.failed"
    /// The guest did not report in time.
    case guestSilent = "guest.silent"
    /// The machine stopped or vanished while it was needed.
    case machineLost = "machine.lost"
    /// A step of the plant (disk, network, export, domain …) failed.
    case hostFailed = "host.failed"
    /// The service could not be reached: nothing was sent.
    case unreachable = "service.unreachable"
    /// The service was asked and did not answer in time: what it did is not known.
    case timedOut = "service.timed-out"
    /// The service is starting, stopping or lacks something it needs.
    case unavailable = "service.unavailable"
    /// The service does as much as it can at a time: nothing was begun, the same call is for later.
    case overloaded = "service.overloaded"
    /// The call goes in a circle of shops, or through too many.
    case loop = "service.loop"
    /// The shop that calls was started anew since, from the same book: this process of it must stop.
    case superseded = "shop.superseded"
    /// The creation was given up because the client collected the machine.
    case cancelled = "machine.cancelled"
    /// A mistake in VMShop itself; the log of the service has the details.
    case internalError = "internal"
}

extension ErrorCode {
    /// The HTTP status an error of this code is answered with.
    public var httpStatus: Int {
        switch self {
        case .requestInvalid, .callInvalid, .queryInvalid: 400
        case .tooLarge: 413
        case .plantNotAdmitted: 403
        case .machineUnknown, .imageUnknown, .plantUnknown: 404
        case .machineConflict, .imageRefused: 422
        case .machineCollected: 410
        case .machineBusy, .bidExpired, .cancelled, .imageConflict, .imageTaken, .superseded: 409
        case .noBids, .refused, .unavailable, .unreachable: 503
        case .actionFailed, .guestSilent, .machineLost, .hostFailed, .internalError: 500
        case .timedOut: 504
        case .overloaded: 429
        case .loop: 508
        }
    }

    /// The exit code of a command that ends with this error, after BSD's `sysexits.h`.
    public var exitCode: Int32 {
        switch self {
        case .callInvalid, .queryInvalid: 64
        case .requestInvalid, .tooLarge, .imageRefused: 65
        case .machineUnknown, .machineCollected, .imageUnknown, .plantUnknown: 66
        case .unreachable, .timedOut, .unavailable, .loop: 69
        case .internalError: 70
        case .plantNotAdmitted: 77
        case .superseded: 78
        case .machineConflict, .machineBusy, .imageConflict, .imageTaken: 73
        case .noBids, .refused, .bidExpired, .overloaded: 75
        case .actionFailed, .guestSilent, .machineLost, .hostFailed, .cancelled: 1
        }
    }

    /// Whether another plant may succeed where one answered with this code.
    public var anotherPlantMayHelp: Bool {
        switch self {
        case .bidExpired, .refused, .guestSilent, .machineLost, .hostFailed, .unreachable, .timedOut, .unavailable,
            .noBids, .loop, .overloaded, .internalError:
            true
        case .requestInvalid, .callInvalid, .queryInvalid, .tooLarge, .machineUnknown, .machineConflict,
            .machineCollected, .machineBusy, .plantUnknown, .plantNotAdmitted, .imageUnknown, .imageConflict,
            .imageRefused, .imageTaken,
            .actionFailed,
            .cancelled, .superseded:
            false
        }
    }
}
