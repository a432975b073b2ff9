/// `make bench`: what VMShop promises in figures, each beside a floor or a peer measured in the same run.
@main
enum Benchmarks {
    static func main() throws {
        try MatchBenchmark().run()
    }
}
