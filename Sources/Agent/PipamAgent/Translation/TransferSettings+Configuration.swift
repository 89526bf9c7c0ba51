import DNSWire
import Inventory
import Nameserver

extension TransferSettings {
    /// The part of the configuration that says who copies zones.
    init(_ transfer: Configuration.Transfer) {
        self.init()
        keys = transfer.keys.compactMap(\.signingKey)
        networks = transfer.networks
        allowedKeys = Set(transfer.allowedKeys.map(\.wire))
        secondaries = transfer.secondaries.map { secondary in
            Secondary(
                endpoint: Endpoint(
                    address: secondary.address.address, port: secondary.address.port),
                key: secondary.key?.wire,
                demand: secondary.publicKeys.isEmpty
                    ? (secondary.isOverTLSOnly ? .tls : .none)
                    : .publicKeys(secondary.publicKeys))
        }
        isOverTLSOnly = transfer.isOverTLSOnly
        transfers = transfer.limit
        timeout = transfer.timeout
        notifyDelay = transfer.notifyDelay
    }
}

extension Configuration.Transfer.Key {
    /// What messages are signed with; `nil` without a secret that is one.
    var signingKey: TSIGKey? {
        octets.map { TSIGKey(name: name.wire, algorithm: algorithm, secret: $0) }
    }
}
