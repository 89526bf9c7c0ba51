/// Requests that dig, nsupdate and knsupdate made over TCP, and what a server answered. The zone is
/// example.net; what is signed is so with the key "key.example." and `secret`.
package struct RecordedExchange: Sendable {
    /// Of which server it is.
    package let server: String
    /// What was asked for: "axfr", "ixfr-3-signed".
    package let name: String
    /// Requests, each a message.
    package private(set) var requests: [[UInt8]] = []
    /// What came back, each a message.
    package private(set) var answers: [[UInt8]] = []

    /// What signatures were made with, by HMAC-SHA-256.
    package static let secret = Array("secret secret secret secret!".utf8)

    /// Everything that was recorded.
    package static let all =
        read(bindAnswers, of: "BIND") + read(bindSingleAnswers, of: "BIND")
        + read(knotAnswers, of: "Knot")

    /// Those with one of these names, of all servers.
    package static func named(_ names: String...) -> [RecordedExchange] {
        all.filter { names.contains($0.name) }
    }

    private static func read(_ text: String, of server: String) -> [RecordedExchange] {
        var exchanges: [RecordedExchange] = []
        for line in text.split(separator: "\n") {
            let rest = line.dropFirst(2)
            switch line.first {
            case "#": exchanges.append(RecordedExchange(server: server, name: String(rest)))
            case ">": exchanges[exchanges.count - 1].requests.append(octets(rest))
            default: exchanges[exchanges.count - 1].answers.append(octets(rest))
            }
        }
        return exchanges
    }

    private init(server: String, name: String) {
        (self.server, self.name) = (server, name)
    }

    private static func octets(_ hex: Substring) -> [UInt8] {
        let digits = Array(hex.utf8)
        return stride(from: 0, to: digits.count, by: 2).map { place in
            UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16) ?? 0
        }
    }
}

extension RecordedExchange: CustomStringConvertible {
    package var description: String { "\(server) \(name)" }
}
