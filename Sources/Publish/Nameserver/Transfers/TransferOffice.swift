import DNSWire
import Glibc
import Inventory
import Synchronization

/// What all workers share about transfers: who may have them, and how many there are.
final class TransferOffice: Sendable {
    let settings: TransferSettings
    private let keys: [[UInt8]: TSIGKey]
    private let allowedKeys: Set<[UInt8]>
    private let allowedAddresses: Set<IPAddress>
    /// What those who are known by their key, or by their address, have to bring besides.
    private let demandsOnKeys: [[UInt8]: TransferSettings.Demand]
    private let demandsOnAddresses: [IPAddress: TransferSettings.Demand]
    private let running = Atomic<Int>(0)
    private let counts = InlineArray<8, Atomic<UInt64>> { _ in Atomic(0) }
    private let notes = Mutex<[TransferNote]>([])
    private let standings: Mutex<[SecondaryStanding]>

    /// No more are kept between two looks; whoever asks more often than that is in the counts.
    private static let noteLimit = 64

    init(_ settings: TransferSettings) {
        self.settings = settings
        keys = Dictionary(settings.keys.map { ($0.name, $0) }) { first, _ in first }
        allowedKeys = settings.allowedKeys.union(settings.secondaries.compactMap(\.key))
        standings = Mutex(
            settings.secondaries.map { SecondaryStanding(endpoint: $0.endpoint) })
        allowedAddresses = Set(
            settings.secondaries.lazy.filter { $0.key == nil }.map(\.endpoint.address))
        let demands = settings.secondaries.filter { $0.demand != .none }
        demandsOnKeys = Dictionary(
            demands.compactMap { secondary in secondary.key.map { ($0, secondary.demand) } },
            uniquingKeysWith: { $0.joined(with: $1) })
        demandsOnAddresses = Dictionary(
            demands.map { ($0.endpoint.address, $0.demand) },
            uniquingKeysWith: { $0.joined(with: $1) })
    }

    /// The key of a name in wire form.
    func key(_ name: [UInt8]) -> TSIGKey? { keys[name] }

    /// Whoever signed with a key that allows it, and whoever asks from an address that does; over
    /// TLS if that is wanted of them, from which nothing else frees. What a secondary is asked for
    /// goes for its key, and for all without a key that come from its address.
    ///
    /// - `shown`: what TLS tells of the client; `nil` without TLS.
    func mayTransfer(from client: IPAddress?, key: TSIGKey?, shown: SecurePeer? = nil) -> Bool {
        if settings.isOverTLSOnly, shown == nil { return false }
        // A client that means transfers says so (RFC 9103 section 7.1).
        if let shown, !shown.speaksDNS { return false }
        if let key, allowedKeys.contains(key.name) {
            return (demandsOnKeys[key.name] ?? .none).isMet(by: shown)
        }
        guard let client, (demandsOnAddresses[client] ?? .none).isMet(by: shown) else {
            return false
        }
        return allowedAddresses.contains(client)
            || settings.networks.contains { $0.contains(client) }
    }

    /// Counts what happened.
    func count(_ event: TransferEvent) {
        counts[event.rawValue].add(1, ordering: .relaxed)
    }

    /// Counts what became of one transfer, and takes note of it.
    func count(_ event: TransferEvent, zone: DomainName?, client: IPAddress?) {
        count(event)
        let note = TransferNote(event: event, zone: zone, client: client)
        notes.withLock { if $0.count < Self.noteLimit { $0.append(note) } }
    }

    /// What became of transfers since the last call.
    func takeNotes() -> [TransferNote] {
        notes.withLock { notes in
            defer { notes = [] }
            return notes
        }
    }

    /// Changes what is known of a secondary.
    func update(secondary index: Int, _ change: (inout SecondaryStanding) -> Void) {
        standings.withLock { change(&$0[index]) }
    }

    /// What each secondary has heard.
    var secondaries: [SecondaryStanding] { standings.withLock { $0 } }

    /// How many transfers there are now.
    var underWay: Int { running.load(ordering: .relaxed) }

    /// What happened so far.
    var statistics: [TransferEvent: UInt64] {
        TransferEvent.allCases.reduce(into: [:]) { statistics, event in
            statistics[event] = counts[event.rawValue].load(ordering: .relaxed)
        }
    }

    /// A place for one more transfer; `nil` if there are enough.
    func place() -> Place? {
        let (before, _) = running.add(1, ordering: .relaxed)
        guard before < settings.transfers else {
            running.subtract(1, ordering: .relaxed)
            return nil
        }
        return Place(office: self)
    }

    /// A transfer's place, until nobody holds it any more.
    final class Place: Sendable {
        let office: TransferOffice

        fileprivate init(office: TransferOffice) { self.office = office }

        deinit { office.running.subtract(1, ordering: .relaxed) }
    }
}

extension TransferSettings.Demand {
    /// - `peer`: what TLS tells of the client; `nil` without TLS.
    fileprivate func isMet(by peer: SecurePeer?) -> Bool {
        switch self {
        case .none: true
        case .tls: peer != nil
        case .publicKeys(let digests): peer?.publicKeyDigest.map(digests.contains) ?? false
        }
    }
}

/// What can become of requests for transfers, and of notices.
package enum TransferEvent: Int, CaseIterable, Sendable {
    /// A whole zone was sent to its end.
    case wholeZone
    /// Changes were sent to their end.
    case changes
    /// Somebody had the present serial already, or was told it to come back over TCP.
    case onlySerial
    /// Somebody may not have what was asked for, or not now.
    case refused
    /// A signature did not hold, whatever was asked for.
    case badSignature
    /// A notice was sent.
    case notice
    /// A notice was heard.
    case noticeHeard
    /// A notice was not answered in time, and was sent again.
    case noticeLost
}

/// The time that signatures bear.
enum WallTime {
    /// Seconds since 1970.
    static func seconds() -> UInt64 { UInt64(clamping: time(nil)) }
}
