import CMalloc
import ServiceLifecycle

/// Keeps small what a plant takes of its host's memory, which is there for machines: the allocator keeps few arenas, and gives back what
/// nobody uses (mallopt(3), malloc_trim(3)).
struct PlantMemory: Service {
    private static let interval = Duration.seconds(60)

    /// To be called before there are threads that allocate.
    static func limitArenas() { mallopt(M_ARENA_MAX, 2) }

    func run() async {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Self.interval)) != nil { malloc_trim(0) }
        }
    }
}
