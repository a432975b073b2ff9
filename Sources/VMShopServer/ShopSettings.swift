public import CostModel
public import ServerSettings

/// How a shop is set up. Every value comes from flags, else the environment (`VMSHOP_…`), else the YAML file, else the
/// default named here.
public struct ShopSettings: Sendable, Hashable {
    /// The shop's name. Key `name`; default: `shop`.
    public var name: String
    /// Address to listen on. Key `http.host`; default 127.0.0.1.
    public var host: String
    /// Port to listen on. Key `http.port`; default 8100.
    public var port: Int
    /// Directory of the database. Key `state.directory`.
    public var stateDirectory: String
    /// File of plant addresses, one `address port` a line, or the directory with it. Key `plants.file`.
    public var plantsFile: String?
    /// Plants as `address:port`, beside those of the file. Key `plants.addresses`.
    public var plantAddresses: [String]
    /// File of the key that plants must know which join by themselves. Key `plants.joinKey`; without it none can.
    public var joinKeyFile: String?
    /// Seconds a plant may take to bid. Key `timeouts.estimate`; default 5.
    public var estimateTimeout: Double
    /// Seconds a plant may take to accept a creation. Key `timeouts.accept`; default 5.
    public var acceptTimeout: Double
    /// Seconds a plant may be out of reach while it makes a machine before it is passed over. Key `timeouts.silence`;
    /// default 120.
    public var silenceTimeout: Double
    /// Machines that are being placed at a time. Key `limits.placements`; default 4096.
    public var maximumPlacements: Int
    /// How a shop comes to its bids.
    public enum BidMode: String, Sendable, Hashable, CaseIterable {
        /// As the number of plants makes it wise.
        case auto
        /// All plants are asked about each request.
        case live
        /// The shop evaluates the bid functions that plants tell.
        case told
    }

    /// How the shop comes to its bids. Key `bids.mode`; default `auto`: up to 16 plants are asked, of more the bid functions are
    /// evaluated.
    public var bidMode: BidMode
    /// What ties between plants are broken by. Key `bids.seed`; drawn at each start if none is given.
    public var bidSeed: Int?
    /// The policy plants are asked to price by. Key `cost.policy`; default `vmplants-2004`.
    public var policy: CostPolicy
    /// The policies that clients may ask for; any if none is named. Key `cost.choices`.
    public var policyChoices: [CostPolicy]

    /// Reads the settings.
    ///
    /// - Throws: ``SettingsError`` for a value that cannot be used.
    public init(_ reader: SettingsReader) throws(SettingsError) {
        name = try reader.name("name", default: "shop")
        host = try reader.text("http.host", default: "127.0.0.1")
        port = try reader.number("http.port", default: 8100, in: 0...65_535)
        stateDirectory = try reader.path("state.directory", default: "/var/lib/vmshop")
        plantsFile = try reader.text("plants.file")
        plantAddresses = try reader.texts("plants.addresses")
        _ = try PlantAddresses(adding: plantAddresses)
        joinKeyFile = try reader.text("plants.joinKey")
        estimateTimeout = try reader.seconds("timeouts.estimate", default: 5)
        acceptTimeout = try reader.seconds("timeouts.accept", default: 5)
        silenceTimeout = try reader.seconds("timeouts.silence", default: 120)
        maximumPlacements = try reader.number("limits.placements", default: 4_096, in: 1...1_000_000)
        bidMode = try reader.value("bids.mode", default: BidMode.auto, expected: BidMode.form)
        bidSeed = try reader.number("bids.seed", in: 0...Int.max)
        policyChoices = try reader.texts("cost.choices").map { text throws(SettingsError) in
            guard let policy = CostPolicy(rawValue: text) else {
                throw SettingsError("cost.choices: `\(text.prefix(80))` must be \(CostPolicy.form)")
            }
            return policy
        }
        policy = try reader.value("cost.policy", default: CostPolicy.vmplants2004, expected: CostPolicy.form)
    }
}

extension ShopSettings {
    /// More plants than this are not all asked about each request, unless it is wished.
    static let mostAsked = 16

    /// Whether the bid functions of so many plants are listened to.
    func listens(to plants: Int) -> Bool {
        switch bidMode {
        case .auto: plants > Self.mostAsked
        case .live: false
        case .told: true
        }
    }
}

extension ShopSettings.BidMode {
    static let form = allCases.map(\.rawValue).joined(separator: ", ")
}
