import FoundationEssentials
import MachineBook
import Testing
import VMShopTesting

@testable import VMPlantServer

@Suite("the list of fault points")
struct FaultPointTests {
    @Test("holds the points of the source, each once, and no other")
    func catalogue() throws {
        let folder = SourceTree.path("Sources/VMPlantServer")
        var found: Set<String> = []
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) where name.hasSuffix(".swift") {
            let bytes = FileManager.default.contents(atPath: folder + "/" + name) ?? Data()
            for match in String(decoding: bytes, as: UTF8.self).matches(of: /FaultPoint\.pass\("(.+?)"\)/) {
                let point = String(match.output.1)
                guard let range = point.firstMatch(of: /\\\((entry\.)?resource\.name\)/)?.range else {
                    found.insert(point)
                    continue
                }
                for resource in HostResource.names { found.insert(point.replacing(point[range], with: resource)) }
            }
        }
        #expect(found == Set(FaultPoint.names))
        #expect(FaultPoint.names.count == Set(FaultPoint.names).count)
    }
}
