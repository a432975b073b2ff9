/// Where an image is listed, whatever became of it: what an entry of the list is known by.
enum ImagePlace: Sendable, Hashable {
    /// The folder `images/<name>`.
    case published(String)
    /// A line of `index.txt`, by what it says.
    case named(String)

    /// Whether it is in the folder of images.
    var isPublished: Bool {
        if case .published = self { return true }
        return false
    }

    /// The name or the path.
    var text: String {
        switch self {
        case .published(let name): name
        case .named(let path): path
        }
    }
}
