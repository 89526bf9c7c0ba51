// libFuzzer's entry for whole answers. The name server's sources that answer are a module beside
// it, and so are the zones of its tests; libknot judges what goes out.
import CKnot
import DNSWire
import Nameserver

private let udpOctets = 1_232
// Made once: it takes longer to make than to ask. Answers are not limited, so none depends on those
// before. libFuzzer calls from one thread.
nonisolated(unsafe) private var responder = Responder(payloadOctets: udpOctets)
private let stores: [ZoneStore] = {
    do {
        return [
            try exampleStore(), try MadeSignatures.store(hashed: false),
            try MadeSignatures.store(hashed: true),
        ]
    } catch {
        preconditionFailure("zones of the tests are refused: \(error)")
    }
}()

/// Whatever comes in, what goes out is no message or a whole one: a reply with the same id and
/// question, within the limit, that another's library reads to its last octet.
///
/// The first octet chooses zones (plain, NSEC, NSEC3) and transport, TLS with its highest bit, the
/// rest is the message.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzAnswer(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let choice = Int(start[0])
    let message = UnsafeBufferPointer(start: start + 1, count: count - 1)
    let transport = choice & 1 == 0 ? Transport.udp : choice & 0x80 == 0 ? .tcp : .tls
    let limit = transport == .udp ? udpOctets : Responder.maximumOctets
    withUnsafeTemporaryAllocation(byteCount: limit, alignment: 1) { buffer in
        let size = responder.answer(
            message.span, from: stores[(choice >> 1) % stores.count].snapshot, over: transport,
            into: buffer)
        guard let size else { return }
        precondition(size <= limit)
        check(UnsafeMutableRawBufferPointer(rebasing: buffer[..<size]), to: message)
    }
    return 0
}

private func check(
    _ answer: UnsafeMutableRawBufferPointer, to message: UnsafeBufferPointer<UInt8>
) {
    precondition(message.count >= Header.sizeOctets && message[2] & 0x80 == 0)
    precondition(answer[0] == message[0] && answer[1] == message[1] && answer[2] & 0x80 != 0)
    guard let packet = knot_pkt_new(answer.baseAddress, UInt16(answer.count), nil) else {
        preconditionFailure("no memory for a message of \(answer.count) octets")
    }
    defer { knot_pkt_free(packet) }
    let outcome = knot_pkt_parse(packet, 0)
    precondition(outcome == 0, "libknot: \(outcome), answer: \(Array(answer))")
    // The question is sent back as it came, upper and lower case as they were.
    let questions = Int(answer[4]) << 8 | Int(answer[5])
    precondition(questions <= 1)
    guard questions == 1 else { return }
    let end = Header.sizeOctets + Int(packet.pointee.qname_size) + 4
    precondition(end <= message.count && end <= answer.count)
    precondition(answer[Header.sizeOctets..<end].elementsEqual(message[Header.sizeOctets..<end]))
}
