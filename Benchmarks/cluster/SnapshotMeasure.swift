import CSystemCalls
import ClusterState
import Glibc
import Inventory
import Zones

/// The state of 100,000 guests into a file and out of it again: how long, and what memory the
/// process takes at most, against what the state itself takes.
enum SnapshotMeasure {
    private static let guests = 100_000
    private static let batch = 500
    private static let cluster = ClusterID(high: 7, low: 7)

    /// Prints the file's octets, the state's kB in memory, the most kB while the snapshot was
    /// written, and the seconds that took. The state goes on meanwhile, by a guest per chunk.
    static func write(to path: String) throws {
        let empty = memory("VmRSS")
        var state = try makeState()
        pipam_memory_trim()
        let full = memory("VmRSS")
        resetPeak()
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        precondition(file >= 0, "no file \(path)")
        var octets = 0
        let time = try ContinuousClock().measure {
            var writer = state.snapshotChunks()
            var number = 0
            while let chunk = writer.next() {
                octets += Glibc.write(file, chunk, chunk.count)
                number += 1
                let report = try report(number, comment: "changed")
                _ = try state.apply(Command(.reportGuests([report]), atSeconds: 1_800_000_000))
            }
            fdatasync(file)
        }
        print(octets, full - empty, memory("VmHWM") - empty, time / .seconds(1))
        precondition(state.guests.count == guests, "\(state.guests.count) guests")
    }

    /// Prints the state's kB in memory, the most kB while it was read, and the seconds that took.
    static func restore(from path: String) throws {
        let empty = memory("VmRSS")
        resetPeak()
        let file = open(path, O_RDONLY)
        precondition(file >= 0, "no file \(path)")
        var chunk = [UInt8](repeating: 0, count: SnapshotWriter.chunkOctets)
        var state = ReplicatedState()
        let time = try ContinuousClock().measure {
            var reader = SnapshotReader()
            while true {
                let count = read(file, &chunk, chunk.count)
                guard count > 0 else { break }
                try reader.take(Array(chunk.prefix(count)))
            }
            state = try reader.finish()
        }
        let peak = memory("VmHWM")
        pipam_memory_trim()
        print(memory("VmRSS") - empty, peak - empty, time / .seconds(1))
        precondition(state.guests.count == guests, "\(state.guests.count) guests")
    }

    private static func makeState() throws -> ReplicatedState {
        var state = ReplicatedState()
        var settings = ClusterSettings()
        guard let zone = DomainName("example.com"), let network = CIDR("10.0.0.0/8") else {
            preconditionFailure("no zone")
        }
        settings.naming.zones = [zone]
        var mapping = NamingPolicy.Mapping(domain: zone, networks: [network])
        mapping.trustsAll = true
        settings.naming.mappings = [mapping]
        settings.reverseNetworks = [network]
        var time: UInt64 = 1_700_000_000
        _ = try state.apply(Command(.found(cluster), atSeconds: time))
        _ = try state.apply(
            Command(.configure(settings, ConfigureTerms(isApproved: true)), atSeconds: time))
        for start in stride(from: 0, to: guests, by: batch) {
            time += 1
            let reports = try (start..<start + batch).map { try report($0) }
            _ = try state.apply(Command(.reportGuests(reports), atSeconds: time))
        }
        return state
    }

    private static func report(_ number: Int, comment: String = "") throws -> GuestReport {
        var guest = Guest(
            id: GuestID(cluster: cluster, vmid: UInt32(number + 100), incarnation: ""),
            kind: .qemu, node: "pve\(number % 10)")
        guest.name = "guest\(number)"
        guest.comment = comment
        guest.runState = .running
        var interface = GuestInterface(key: "net0")
        interface.mac = MACAddress(bits: 0xBC24_1100_0000 + UInt64(number))
        interface.bridge = "vmbr0"
        let text = "10.\(number >> 16).\(number >> 8 & 255).\(number & 255)/8"
        guard let address = InterfaceAddress(text) else { preconditionFailure(text) }
        interface.addresses = [GuestAddress(address, origin: .agent)]
        guest.interfaces = [interface]
        return GuestReport(guest: guest, addresses: .observed)
    }

    // MARK: Memory

    private static func resetPeak() {
        let file = open("/proc/self/clear_refs", O_WRONLY)
        precondition(Glibc.write(file, "5", 1) == 1, "the peak cannot be reset")
        close(file)
    }

    /// In kB.
    private static func memory(_ key: String) -> Int {
        guard let file = fopen("/proc/self/status", "r") else { preconditionFailure("no /proc") }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, 256, file) != nil {
            let octets = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let text = String(decoding: octets, as: UTF8.self)
            guard text.hasPrefix(key + ":") else { continue }
            return text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }.first ?? 0
        }
        preconditionFailure("no \(key)")
    }
}
