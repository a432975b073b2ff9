// swift-tools-version: 6.3

import PackageDescription

// Settings that every Swift target of this package shares.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

// The rooms that do no input or output: values in, values out. They hold no unsafe code, and this proves it.
let pure: [SwiftSetting] = strict + [.strictMemorySafety()]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEssentials = Target.Dependency.product(name: "NIOFoundationEssentialsCompat", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let package = Package(
    name: "vmshop",
    products: [
        .executable(name: "vmshop", targets: ["vmshop"]),
        .executable(name: "vmshop-server", targets: ["vmshop-server"]),
        .executable(name: "vmplant-server", targets: ["vmplant-server"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(
            url: "https://github.com/apple/swift-configuration",
            from: "1.4.0",
            traits: [.defaults, "YAML", "Logging"]
        ),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // C libraries of the system: a module map and a shim, nothing else.
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "CLibvirt", pkgConfig: "libvirt", providers: [.apt(["libvirt-dev"])]),
        .systemLibrary(name: "CDBus", pkgConfig: "dbus-1", providers: [.apt(["libdbus-1-dev"])]),
        .systemLibrary(name: "CNFTables", pkgConfig: "libnftables", providers: [.apt(["libnftables-dev"])]),
        .systemLibrary(name: "CLinuxFiles"),
        .systemLibrary(name: "CLaunch"),
        .systemLibrary(name: "CMalloc"),
        // The only places where C is spoken.
        .target(name: "LibXML", dependencies: ["CLibXML2"], swiftSettings: strict),
        .target(name: "BlockingCalls", swiftSettings: strict),
        .target(name: "Libvirt", dependencies: ["BlockingCalls", "CLibvirt", "LibXML"], swiftSettings: strict),
        .target(name: "DBus", dependencies: ["BlockingCalls", "CDBus"], swiftSettings: strict),
        .target(name: "QMP", dependencies: ["BlockingCalls", "CLaunch"], swiftSettings: strict),
        .target(name: "NFTables", dependencies: ["BlockingCalls", "CNFTables"], swiftSettings: strict),
        // What the product is about: values.
        .target(name: "ClassAds", swiftSettings: pure),
        .target(
            name: "DAGModel",
            dependencies: ["ClassAds", "LibXML", crypto],
            resources: [.embedInCode("Resources/vmshop-request.xsd")],
            swiftSettings: pure
        ),
        .target(name: "CostModel", dependencies: ["ClassAds", "DAGModel"], swiftSettings: pure),
        // What it stands on.
        .target(
            name: "Warehouse",
            dependencies: ["BlockingCalls", "CLinuxFiles", "DAGModel", crypto, subprocess, systemPackage],
            swiftSettings: strict
        ),
        .target(
            name: "Hypervisor",
            dependencies: ["BlockingCalls", "CLaunch", "LibXML", "Libvirt", "QMP", crypto],
            swiftSettings: strict
        ),
        .target(
            name: "NetStore",
            dependencies: [
                "BlockingCalls", "CLinuxFiles", "DBus", "LibXML", "Libvirt", "NFTables", grdb, subprocess,
                systemPackage,
            ],
            swiftSettings: strict
        ),
        // The machine service.
        .target(
            name: "ShopAPI",
            dependencies: [
                "ClassAds", "CostModel", "DAGModel", "LibXML", asyncHTTPClient, nioCore, nioEssentials, nioHTTP1,
                nioPosix,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "ShopHTTP",
            dependencies: [
                "ClassAds", "CostModel", "DAGModel", "ShopAPI", httpTypes, hummingbird, logging, nioCore, nioEssentials,
                serviceLifecycle,
            ],
            swiftSettings: strict
        ),
        .target(name: "MachineBook", dependencies: ["ShopAPI", grdb, serviceLifecycle], swiftSettings: strict),
        .target(name: "ServerSettings", dependencies: [configuration, systemPackage, yams], swiftSettings: strict),
        .target(
            name: "VMPlantServer",
            dependencies: [
                "BlockingCalls", "CMalloc", "ClassAds", "CostModel", "DAGModel", "Hypervisor", "Libvirt", "MachineBook",
                "NFTables",
                "NetStore",
                "ServerSettings", "ShopAPI", "ShopHTTP", "Warehouse", asyncHTTPClient, grdb, logging, serviceLifecycle,
            ],
            resources: [
                .embedInCode("Resources/file"), .embedInCode("Resources/hostname"), .embedInCode("Resources/mount"),
                .embedInCode("Resources/package"), .embedInCode("Resources/service"), .embedInCode("Resources/user"),
                .embedInCode("Resources/meta-data"), .embedInCode("Resources/network-config"),
                .embedInCode("Resources/user-data"), .embedInCode("Resources/vmshop-guest"),
                .embedInCode("Resources/vmshop-guest.service"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "VMShopServer",
            dependencies: [
                "ClassAds", "CostModel", "DAGModel", "MachineBook", "SeededRandom", "ServerSettings", "ShopAPI",
                "ShopHTTP",
                asyncHTTPClient, grdb, logging, nioCore, serviceLifecycle,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "VMShopSimulator",
            dependencies: [
                "ClassAds", "CostModel", "DAGModel", "MachineBook", "SeededRandom", "ServerSettings", "ShopAPI",
                "ShopHTTP",
                "VMShopServer", asyncHTTPClient, grdb, logging,
            ],
            swiftSettings: strict
        ),
        // The commands.
        .target(
            name: "ServerCommands",
            dependencies: [
                "CostModel", "ServerSettings", "ShopAPI", "VMPlantServer", "VMShopServer", "VMShopSimulator",
                argumentParser, logging,
            ],
            path: "Sources/Commands/ServerCommands",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "vmshop",
            dependencies: [
                "ClassAds", "CostModel", "DAGModel", "ShopAPI", "Warehouse", argumentParser, asyncHTTPClient, nioCore,
            ],
            path: "Sources/Commands/vmshop",
            swiftSettings: strict
        ),
        // What `make bench` prints. The floors are in C: as little as can be done.
        .target(name: "CBenchmarkFloor", path: "Benchmarks/CBenchmarkFloor"),
        .executableTarget(
            name: "vmshop-bench",
            dependencies: [
                "CBenchmarkFloor", "CostModel", "DAGModel", "SeededRandom", "ServerSettings", "ShopAPI",
                "VMPlantServer", "VMShopServer", "VMShopSimulator", "Warehouse",
                logging, asyncHTTPClient,
            ],
            path: "Benchmarks",
            exclude: [
                "CBenchmarkFloor", "fleet", "hail-peer", "idle-disk", "placement-peer", "virt-clone-peer",
                "virt-start-peer",
                "warm-start-floor",
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "vmshop-server",
            dependencies: ["ServerCommands", argumentParser],
            path: "Sources/Commands/vmshop-server",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "vmplant-server",
            dependencies: ["ServerCommands", argumentParser],
            path: "Sources/Commands/vmplant-server",
            swiftSettings: strict
        ),
        // What tests share.
        .target(
            name: "VMShopTesting",
            dependencies: [
                "ClassAds", "CostModel", "DAGModel", "ServerSettings", "ShopAPI", "ShopHTTP", "VMPlantServer",
                "Warehouse",
                asyncHTTPClient, grdb, logging,
            ],
            swiftSettings: strict
        ),
        // Tests.
        // What tests and benchmarks share.
        .target(name: "SeededRandom", swiftSettings: pure),
        .testTarget(name: "LibXMLTests", dependencies: ["LibXML", "SeededRandom"], swiftSettings: strict),
        .testTarget(name: "ClassAdsTests", dependencies: ["ClassAds"], swiftSettings: strict),
        .testTarget(
            name: "DAGModelTests",
            dependencies: ["ClassAds", "DAGModel", "LibXML", "SeededRandom"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CostModelTests",
            dependencies: ["ClassAds", "CostModel", "DAGModel", "SeededRandom"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "WarehouseTests",
            dependencies: ["DAGModel", "SeededRandom", "Warehouse", subprocess],
            swiftSettings: strict
        ),
        .testTarget(name: "LibvirtTests", dependencies: ["Libvirt"], swiftSettings: strict),
        .testTarget(name: "QMPTests", dependencies: ["QMP", "CLaunch"], swiftSettings: strict),
        .testTarget(
            name: "HypervisorTests",
            dependencies: ["Hypervisor", "LibXML", "Libvirt", "QMP"],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "NetStoreTests",
            dependencies: [
                "DBus", "LibXML", "Libvirt", "NFTables", "NetStore", "SeededRandom", grdb, subprocess, systemPackage,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ShopAPITests",
            dependencies: [
                "ClassAds", "CostModel", "DAGModel", "LibXML", "SeededRandom", "ShopAPI", "VMShopTesting",
                asyncHTTPClient, nioCore,
                nioPosix,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ShopHTTPTests",
            dependencies: [
                "ClassAds", "CostModel", "DAGModel", "ShopAPI", "ShopHTTP", "VMShopTesting", asyncHTTPClient, logging,
                nioCore, nioEssentials, nioHTTP1, nioPosix, serviceLifecycle,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ServerSettingsTests",
            dependencies: ["ServerCommands", "ServerSettings", "VMPlantServer", "VMShopServer"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "MachineBookTests",
            dependencies: ["ClassAds", "MachineBook", "ShopAPI", "VMShopTesting", grdb],
            swiftSettings: strict
        ),
        .testTarget(
            name: "VMPlantServerTests",
            dependencies: [
                "ClassAds", "CostModel", "DAGModel", "Hypervisor", "Libvirt", "MachineBook", "NetStore", "ShopAPI",
                "SeededRandom", "VMPlantServer", "VMShopTesting", "Warehouse", "vmplant-server", asyncHTTPClient, grdb,
                logging, nioCore, nioHTTP1, nioPosix,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "VMShopServerTests",
            dependencies: [
                "ClassAds", "CostModel", "DAGModel", "MachineBook", "SeededRandom", "ServerSettings", "ShopAPI",
                "ShopHTTP",
                "VMShopServer", "VMShopTesting", "vmshop-server", asyncHTTPClient, grdb, logging,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "VMShopSimulatorTests",
            dependencies: ["CostModel", "VMShopSimulator", "VMShopTesting"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "ClassAds", "CostModel", "DAGModel", "LibXML", "ServerCommands", "ServerSettings", "ShopAPI",
                "VMShopServer", "VMShopTesting", "vmplant-server", "vmshop", "vmshop-server", logging, subprocess,
            ],
            swiftSettings: strict
        ),
        // Runs the commands as they are built; links nothing of them. Needs root and the lab's packages.
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["SeededRandom", subprocess],
            exclude: ["Documents"],
            swiftSettings: strict
        ),
    ]
)
