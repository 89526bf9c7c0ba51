// libFuzzer's entry for what reads the answers of servers that take updates. It is compiled
// together with the sources of DynamicUpdate that read, as one module, beside the modules that
// those use.

import DNSWire
import ForeignZones
import Inventory
import Planning
import Zones

private let apex = DomainName("example.net.") ?? .root
private let probe = DomainName("a.example.net.") ?? .root
private let cluster = ClusterID(high: 0x1111_2222_3333_4444, low: 0x5555_6666_7777_8888)
private let key = TSIGKey(name: [1, 107, 0], algorithm: .sha256, secret: [1, 2, 3])
private let time: UInt64 = 1_795_358_354

/// Reads transfers, one after another, of which each later one is asked for what changed. The
/// first octet says whether requests are signed and whether the server signs as well; what follows
/// is what comes over TCP. An empty message ends a transfer.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzReply(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let octets = Array(UnsafeBufferPointer(start: start, count: count))
    guard let choice = octets.first else { return 0 }
    var copy: ZoneCopy?
    for messages in transfers(octets.dropFirst()) {
        var exchange = choice & 1 == 0 ? nil : Exchange(isSigned: choice & 2 != 0)
        copy = read(messages, copy, &exchange)
        if let copy { check(copy) }
    }
    return 0
}

private func transfers(_ octets: ArraySlice<UInt8>) -> [[[UInt8]]] {
    var transfers: [[[UInt8]]] = [[]]
    var rest = octets
    while rest.count >= StreamFraming.lengthOctets {
        let length = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
        let message = rest.dropFirst(StreamFraming.lengthOctets).prefix(length)
        rest = rest.dropFirst(StreamFraming.lengthOctets + length)
        if message.isEmpty {
            transfers.append([])
        } else {
            transfers[transfers.count - 1].append(Array(message))
        }
    }
    return transfers
}

/// What follows a signed request.
private struct Exchange {
    private var answers: TSIGAnswers
    /// `nil` where the server signs nothing, so that nothing may be believed.
    private var server: TSIGSession?
    /// Where its last signature begins.
    private var end = 0

    init(isSigned: Bool) {
        var request = RequestWriter(id: 7, name: apex.wire, type: RecordTypeNumber.axfr).octets
        let end = request.count
        var client = TSIGSession(key: key)
        client.sign(&request, atSeconds: time)
        answers = TSIGAnswers(to: client)
        let verdict = TSIGVerifier.verify(
            request.span, signatureOffset: end, atSeconds: time, key: { _ in key })
        guard case .verified(let session) = verdict else { preconditionFailure("\(verdict)") }
        server = isSigned ? session : nil
    }

    var isComplete: Bool { answers.isComplete }

    mutating func sign(_ message: inout [UInt8]) {
        end = message.count
        if end >= Header.sizeOctets { server?.sign(&message, atSeconds: time) }
    }

    /// Says whether the message is taken.
    mutating func take(_ octets: [UInt8], _ message: ServerMessage) -> Bool {
        do throws(TSIGFailure) {
            try answers.take(
                octets.span, signatureOffset: message.signatureOffset, atSeconds: time)
            precondition(server != nil || !answers.isComplete)
            return true
        } catch {
            // Behind a message that ends in the middle of a name, the record has another one.
            let isSigned = server != nil && message.signatureOffset == end
            precondition(!isSigned, "what the server signed is not taken: \(error)")
            return false
        }
    }
}

/// The zone as it is after a transfer; `nil` if nothing is known of it then.
private func read(
    _ messages: [[UInt8]], _ known: ZoneCopy?, _ exchange: inout Exchange?
) -> ZoneCopy? {
    var reader = TransferReader(apex, since: known?.serial)
    for octets in messages {
        var octets = octets
        exchange?.sign(&octets)
        guard let message = try? ServerMessage(octets.span) else { return nil }
        check(message)
        guard exchange?.take(octets, message) ?? true else { return nil }
        guard message.code == 0, !message.answers.isEmpty else { return nil }
        let outcome: TransferReader.Outcome?
        do throws(TransferReader.Disorder) {
            outcome = try reader.take(message.answers)
        } catch {
            return nil
        }
        guard let outcome else { continue }
        guard exchange?.isComplete ?? true else { return nil }
        return result(outcome, known)
    }
    return nil
}

private func result(_ outcome: TransferReader.Outcome, _ known: ZoneCopy?) -> ZoneCopy? {
    switch outcome {
    case .whole(let copy): return copy
    case .unchanged(let serial): return known?.serial == serial ? known : nil
    case .changes(let changes, let serial):
        guard var copy = known else { preconditionFailure("changes of nothing") }
        do throws(ZoneCopy.Inconsistent) {
            try copy.follow(changes, to: serial)
        } catch {
            return nil
        }
        precondition(copy.serial == serial)
        return copy
    }
}

// MARK: What holds of everything that is read

private func check(_ message: ServerMessage) {
    precondition(message.answers.count == Int(message.header.answerCount))
    precondition(message.authorities.count == Int(message.header.authorityCount))
    for record in message.answers + message.authorities { check(record) }
    switch ZoneFinder.finding(message, for: probe) {
    case .zone(let zone): precondition(probe.isAtOrBelow(zone))
    case .above(let name): precondition(probe != name && probe.isAtOrBelow(name))
    case .failed(let code): precondition(code != 0 && code != 3)
    case .none: break
    }
}

/// Written without compression, it reads the same.
private func check(_ record: WireRecord) {
    precondition((1...255).contains(record.owner.count) && DomainName(wire: record.owner) != nil)
    var octets: [UInt8] = [0, 7, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0]
    octets += record.owner
    let length = UInt32(record.data.count)
    for (number, count) in [
        (UInt32(record.type), 2), (UInt32(record.recordClass), 2), (record.ttlSeconds, 4),
        (length, 2),
    ] {
        for place in (0..<count).reversed() {
            octets.append(UInt8(truncatingIfNeeded: number >> UInt32(8 * place)))
        }
    }
    octets += record.data
    precondition(length <= 65_535, "data grows to \(length) octets")
    let again = try? ServerMessage(octets.span)
    precondition(again?.answers == [record], "\(record) reads as \(again?.answers ?? [])")
}

private func check(_ copy: ZoneCopy) {
    var again = ZoneCopy(apex: copy.apex, serial: copy.serial)
    var records: [WireRecord] = []
    for owner in copy.owners {
        precondition(owner.isAtOrBelow(apex))
        for (type, found) in copy.sets(at: owner) {
            precondition(!found.data.isEmpty && found.data.count <= ZoneCopy.maximumRecords)
            for data in found.data {
                let record = WireRecord(
                    owner: owner.wire, type: type.rawValue, ttlSeconds: found.ttlSeconds, data: data
                )
                again.add(record)
                records.append(record)
            }
        }
    }
    let view = ZoneView(copy, cluster: cluster, places: nil)
    let other = ZoneView(again, cluster: cluster, places: nil)
    // Of two foreign sets at one place, either may be named.
    precondition(view.entries == other.entries)
    precondition(view.registry.mapValues(\.isForeign) == other.registry.mapValues(\.isForeign))
    for (key, entry) in view.entries {
        precondition(key.owner.isAtOrBelow(apex))
        _ = view.obstacles.objection(to: key)
        // Our own mark is not made by chance.
        if case .ours(isIntact: true) = entry.ownership { precondition(entry.content != nil) }
    }
    for record in records {
        do throws(ZoneCopy.Inconsistent) {
            try again.remove(record)
        } catch {
            preconditionFailure("\(record) is there and is not")
        }
    }
    precondition(again.owners.isEmpty)
}
