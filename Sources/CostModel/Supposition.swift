/// Something that is not so, and that an estimate is asked to suppose.
public enum Supposition: Sendable, Hashable, Codable {
    /// A plant takes no new machines.
    case drained(plant: String)
    /// There is another plant, on a host like that of one that is there, with the same images and no machines.
    case added(plant: String, like: String)
    /// An image that some plant has is at every plant.
    case everywhere(image: String)
    /// Every plant has an image of what the request has done when an action is done.
    case checkpoint(action: String)

    /// What a text must be, in words.
    public static let form = "drain=PLANT, plant=NEW:LIKE, image=NAME or checkpoint=ACTION"
}

/// The text of a supposition, as `drain=plant-1`.
extension Supposition: RawRepresentable {
    /// Reads a text; nothing for one that is none. Names may not have `,`, so that suppositions can be listed.
    public init?(rawValue: String) {
        guard
            let parts = rawValue.wholeMatch(of: /(drain|plant|image|checkpoint)=([^,:]{1,255})(?::([^,:]{1,255}))?/)?
                .output
        else { return nil }
        let (name, like) = (String(parts.2), parts.3.map { String($0) })
        switch (parts.1, like) {
        case ("drain", nil): self = .drained(plant: name)
        case ("plant", let like?): self = .added(plant: name, like: like)
        case ("image", nil): self = .everywhere(image: name)
        case ("checkpoint", nil): self = .checkpoint(action: name)
        default: return nil
        }
    }

    /// The text.
    public var rawValue: String {
        switch self {
        case .drained(let plant): "drain=\(plant)"
        case .added(let plant, let like): "plant=\(plant):\(like)"
        case .everywhere(let image): "image=\(image)"
        case .checkpoint(let action): "checkpoint=\(action)"
        }
    }
}
