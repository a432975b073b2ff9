import CMalloc
import FoundationEssentials
import Glibc
import ServiceLifecycle

/// Keeps small what a plant takes of its host's memory, which is there for machines.
///
/// The allocator gives back what it holds and nobody uses, and keeps few arenas (mallopt(3), malloc_trim(3)). Of the program and its
/// libraries only the pages that are in use stay mapped: three quarters of them were needed for the start only, and the kernel, which
/// counts them as the plant's as long as they are mapped, has them still when one is needed again (madvise(2)).
struct PlantMemory: Service {
    private static let interval = Duration.seconds(60)

    /// To be called before there are threads that allocate.
    static func limitArenas() { mallopt(M_ARENA_MAX, 2) }

    func run() async {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Self.interval)) != nil { Self.giveBack() }
        }
    }

    static func giveBack() {
        malloc_trim(0)
        let maps = FileManager.default.contents(atPath: "/proc/self/maps") ?? Data()
        for pages in programPages(in: String(decoding: maps, as: UTF8.self)) {
            madvise(UnsafeMutableRawPointer(bitPattern: pages.lowerBound), pages.count, MADV_DONTNEED)
        }
    }

    /// The mapped code of files: it cannot have been written to, so that what is dropped is read again as it was.
    ///
    /// - Parameter maps: `/proc/PID/maps`, proc(5).
    /// - Returns: Its addresses.
    static func programPages(in maps: String) -> [Range<UInt>] {
        maps.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard words.count >= 6, words[1] == "r-xp", words[5].hasPrefix("/") else { return nil }
            let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard ends.count == 2, ends[0] < ends[1] else { return nil }
            return ends[0]..<ends[1]
        }
    }
}
