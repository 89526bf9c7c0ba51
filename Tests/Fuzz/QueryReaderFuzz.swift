// libFuzzer's entry for the reader of DNS requests. It is compiled together with the sources of
// DNSWire, as one module, hence imports nothing.

/// Reads whatever comes, and checks what the name server relies on when it answers.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzQueryReader(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let message = UnsafeBufferPointer(start: start, count: count).span
    var room = [UInt8](repeating: 0xFF, count: QuestionName.maximumOctets)
    var name = room.mutableSpan
    switch QueryReader.read(message, name: &name) {
    case .drop:
        precondition(count < Header.sizeOctets || message[2] & 0x80 != 0)
    case .reject(let header, _):
        precondition(header == Header(message))
    case .cookieRequest(let query):
        precondition(query.questionOctets == 0 && query.edns?.options.cookie != nil)
    case .query(let query), .rejectVersion(let query):
        check(query, room, count)
    }
    return 0
}

private func check(_ query: Query, _ name: [UInt8], _ count: Int) {
    precondition((1...QuestionName.maximumOctets).contains(query.nameOctets))
    precondition(Header.sizeOctets + query.questionOctets <= count)
    precondition((query.edns?.payloadOctets ?? 512) >= 512)
    precondition(query.signatureOffset.map { $0 < count } ?? true)
    var offset = 0
    while name[offset] != 0 { offset += 1 + Int(name[offset]) }
    precondition(offset == query.nameOctets - 1)
    var buffer: [UInt8] = Array(repeating: 0, count: Header.sizeOctets + EDNS.recordOctets)
    var span = buffer.mutableSpan
    Header(id: query.header.id, flags: query.header.flags.reply).write(to: &span)
    query.edns?.write(to: &span, at: Header.sizeOctets, code: .badVersion)
}
