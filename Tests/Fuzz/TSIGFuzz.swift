// libFuzzer's entry for the check of signatures. It is compiled together with the sources of
// DNSWire, as one module, beside the module that makes HMACs.

/// Verifies whatever comes, and checks what the name server relies on when it answers: the first
/// octet chooses what is known here, the rest is the message.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzTSIG(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let octets = Array(UnsafeBufferPointer(start: start, count: count))
    guard let choice = octets.first else { return 0 }
    let message = Array(octets.dropFirst())
    var room = [UInt8](repeating: 0, count: QuestionName.maximumOctets)
    var name = room.mutableSpan
    let mayConcern = TransferRequest.mayConcern(message.span)
    guard case .query(let query) = QueryReader.read(message.span, name: &name) else { return 0 }
    // Nothing that is signed or asks for a transfer passes by.
    let isTransfer = [RecordTypeNumber.axfr, RecordTypeNumber.ixfr].contains(query.type)
    precondition(mayConcern || !isTransfer)
    _ = TransferRequest.serial(message.span, of: query)
    guard let offset = query.signatureOffset else { return 0 }
    precondition(mayConcern)
    check(message, query, offset, choice)
    return 0
}

private func check(_ message: [UInt8], _ query: Query, _ offset: Int, _ choice: UInt8) {
    let algorithm = TSIGAlgorithm.allCases[Int(choice) % 3]
    let time = choice & 0x80 == 0 ? 1_795_358_354 : UInt64(choice) << 40
    let verdict = TSIGVerifier.verify(
        message.span, signatureOffset: offset, atSeconds: time
    ) { name in
        choice & 0x40 == 0 ? TSIGKey(name: name, algorithm: algorithm, secret: [choice]) : nil
    }
    var answer = [UInt8](repeating: 0, count: Header.sizeOctets)
    answer += message[Header.sizeOctets..<Header.sizeOctets + query.questionOctets]
    answer[2] = 0x80
    answer[5] = 1
    let end = answer.count
    switch verdict {
    case .malformed:
        return
    case .refused(let refusal):
        refusal.sign(&answer, atSeconds: time)
        precondition(TSIGRecord(answer.span, at: end)?.error == refusal.error.rawValue)
    case .verified(var session):
        session.sign(&answer, atSeconds: time)
        precondition(TSIGRecord(answer.span, at: end)?.error == 0)
        precondition(answer.count - end <= session.key.recordOctets)
    }
    precondition(answer[11] == 1)
}
