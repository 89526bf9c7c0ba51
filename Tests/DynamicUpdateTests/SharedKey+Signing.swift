import DNSWire
import TestServers

extension SharedKey {
    /// The key for our side, with whatever is to be wrong with it.
    static func key(
        name: String = name, algorithm: TSIGAlgorithm = .sha256, secret: [UInt8] = octets
    ) -> TSIGKey {
        let labels = name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        return TSIGKey(name: labels + [0], algorithm: algorithm, secret: secret)
    }
}
