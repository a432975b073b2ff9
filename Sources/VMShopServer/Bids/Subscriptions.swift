import CostModel
import Logging
import ServiceLifecycle
import ShopAPI

/// Listens to the bid functions of all plants of the shop, and to how machines get on there. A plant that tells none, such as a shop or one of an earlier
/// version, is asked about each request; whether that changed is looked at now and then.
struct Subscriptions: Service {
    let shop: ShopParts
    /// Until somebody who does not answer is tried again.
    var pause = Duration.seconds(1)
    /// Until somebody who tells no bid function is asked whether it does now.
    var longPause = Duration.seconds(30)

    private static let leastPatience = 4.0
    private static let lookout = Duration.seconds(1)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                let listening = Listening()
                // Plants join and are dismissed while the shop runs.
                repeat {
                    let urls = shop.plants.urls
                    await shop.mail.endOldWaits()
                    guard shop.settings.listens(to: urls.count) else { continue }
                    for url in await listening.begin(urls) {
                        group.addTask {
                            await listen(to: url)
                            await listening.end(url)
                        }
                    }
                } while (try? await ServiceTime.sleep(for: Self.lookout)) != nil
            }
        }
    }

    /// Ends when the plant is not in the list any more.
    private func listen(to url: String) async {
        var lastProblem: String?
        while !Task.isCancelled, shop.plants.list.holds(url) {
            var isUnable = false
            do {
                try await hear(url)
            } catch let error as ServiceError {
                isUnable = error.code == .callInvalid || error.code == .internalError
                if error.message != lastProblem {
                    shop.logger.info("a plant tells no bids", metadata: ["url": "\(url)", "why": "\(error.message)"])
                }
                lastProblem = error.message
            } catch {
                // It was dismissed, or the shop ends.
            }
            await shop.board.remove(url)
            await shop.mail.end(url)
            guard shop.plants.list.holds(url) else { return }
            try? await ServiceTime.sleep(for: isUnable ? longPause : pause)
        }
    }

    private func hear(_ url: String) async throws {
        // A plant tells something every second, however little time it is given to answer.
        let client = shop.plants.poller(url, deadline: max(shop.settings.estimateTimeout, Self.leastPatience))
        try await client.hear { word in
            guard shop.plants.list.holds(url) else { throw CancellationError() }
            if let bid = word.bid { try await take(bid, from: url) }
            if let pages = word.progress { await shop.mail.take(pages, from: url) }
        }
    }

    private func take(_ word: BidWord, from url: String) async throws {
        if case .notice(let notice) = word { await shop.plants.health.learn(notice.function.plant, of: url) }
        guard let objection = await shop.board.take(word, from: url) else {
            return await shop.plants.health.clear(url)
        }
        // Where it was dismissed and joined again meanwhile, only what came before is missing: it tells all to who asks anew.
        let isLost = if case .same = word { true } else { false }
        throw ServiceError(isLost ? .unavailable : .internalError, "\(url) is not believed: \(objection)")
    }
}

/// The plants that are listened to: each once.
private actor Listening {
    private var urls: Set<String> = []

    /// Those that are not listened to yet, which are from now on.
    func begin(_ wanted: [String]) -> [String] { wanted.filter { urls.insert($0).inserted } }

    func end(_ url: String) { urls.remove(url) }
}
