// libFuzzer's entry for queries that come as a stream. It is compiled together with the sources of
// DNSWire, as one module, hence imports nothing.

/// Takes whatever comes, in pieces of any length, and checks that the pieces make no difference:
/// the first two octets say how it is cut and how long queries may be, the rest is the stream.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzStreamFraming(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let octets = Array(UnsafeBufferPointer(start: start, count: count))
    guard octets.count >= 2 else { return 0 }
    let limit = octets[0] & 0x80 == 0 ? 512 : 65_535
    let stream = Array(octets[2...])
    let whole = read(stream, piece: max(1, stream.count), limit)
    let parts = read(stream, piece: 1 + Int(octets[0] & 0x7F), limit)
    let singles = read(stream, piece: 1, limit)
    precondition(whole.messages == parts.messages && whole.messages == singles.messages)
    precondition(whole.isOverlong == parts.isOverlong && whole.isOverlong == singles.isOverlong)
    var place = 0
    for message in whole.messages {
        precondition(message.count <= limit)
        precondition(Array(stream[(place + 2)..<(place + 2 + message.count)]) == message)
        place += 2 + message.count
        ask(message)
    }
    return 0
}

/// As a connection does it: what has come and was not taken, and one more piece.
private func read(
    _ stream: [UInt8], piece: Int, _ limit: Int
) -> (messages: [[UInt8]], isOverlong: Bool) {
    var pending: [UInt8] = []
    var messages: [[UInt8]] = []
    for start in stride(from: 0, to: stream.count, by: piece) {
        pending += stream[start..<min(start + piece, stream.count)]
        loop: while true {
            switch StreamFraming.head(of: pending.span, limit: limit) {
            case .message(let octets):
                let end = StreamFraming.lengthOctets + octets
                messages.append(Array(pending[StreamFraming.lengthOctets..<end]))
                pending.removeFirst(end)
            case .incomplete:
                precondition(pending.count < StreamFraming.lengthOctets + limit)
                break loop
            case .overlong: return (messages, true)
            }
        }
    }
    return (messages, false)
}

private func ask(_ message: [UInt8]) {
    var room = [UInt8](repeating: 0, count: QuestionName.maximumOctets)
    var name = room.mutableSpan
    guard case .query(let query) = QueryReader.read(message.span, name: &name) else { return }
    precondition(Header.sizeOctets + query.questionOctets <= message.count)
}
