import Foundation
import Testing

/// The header kept by hand says what Go exports.
@Suite struct EngineHeaderTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// Prototypes by name, without names of parameters, `const` and comments.
    private func prototypes(_ path: String) throws -> [String: String] {
        var text = try String(contentsOfFile: path, encoding: .utf8)
        text = text.replacing(#/\/\*[\s\S]*?\*\//#, with: " ")
        text = text.replacing(#/\/\/[^\n]*/#, with: " ").replacing(#/\s+/#, with: " ")
        var found: [String: String] = [:]
        for match in text.matches(of: #/(\w+) (pipam_\w+) ?\(([^)]*)\);/#) {
            let parameters = match.3.split(separator: ",").map { parameter in
                parameter.replacing("const", with: "").replacing(#/(\w+) *$/#, with: "")
                    .filter { $0 != " " }
            }
            let list = match.3 == "void" ? "" : parameters.joined(separator: ",")
            found[String(match.2)] = "\(match.1)(\(list))"
        }
        return found
    }

    @Test func keptByHandIsAsExported() throws {
        let kept = try prototypes(
            Self.root + "/Sources/System/CEtcdRaft/include/pipamraft.h")
        let exported = try prototypes(Self.root + "/.build/etcdraft/libpipamraft.h")
        #expect(kept.count > 20)
        #expect(kept == exported)
    }
}
