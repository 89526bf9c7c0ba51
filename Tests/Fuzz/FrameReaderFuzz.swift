// libFuzzer's entry for the reader of frames between nodes and of what is in them. It is compiled
// together with the sources that it tests, as one module, hence imports nothing.

/// Reads whatever comes, at once and in two parts, and checks what the connections rely on.
@_cdecl("LLVMFuzzerTestOneInput")
package func fuzzFrameReader(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let octets = Array(UnsafeBufferPointer(start: start, count: count))
    let whole = read([octets])
    let cut = octets.first.map { Int($0) % (count + 1) } ?? 0
    let parts = read([Array(octets[..<cut]), Array(octets[cut...])])
    precondition(whole.frames == parts.frames && whole.error == parts.error)
    for frame in whole.frames {
        precondition(frame.content.count <= frame.kind.maximumOctets)
        check(frame.content)
    }
    check(octets)
    return 0
}

private func read(_ parts: [[UInt8]]) -> (frames: [Frame], error: FrameError?) {
    var reader = FrameReader()
    var frames: [Frame] = []
    for part in parts {
        part.withUnsafeBytes { reader.take($0) }
        do throws(FrameError) {
            while let frame = try reader.next() { frames.append(frame) }
        } catch {
            return (frames, error)
        }
        // What is kept is less than one frame.
        precondition(reader.pendingOctets < FrameHeader.octetCount + FrameHeader.maximumOctets)
    }
    return (frames, nil)
}

/// Whatever is understood means the same when it is said again.
private func check(_ content: [UInt8]) {
    if let hello = Hello(content) { precondition(Hello(hello.encoded()) == hello) }
    if let exchange = Exchange(content) { precondition(exchange.encoded() == content) }
    if let offer = SnapshotOffer(content) {
        precondition(SnapshotOffer(offer.encoded()) == offer)
    }
    if let note = RefusalNote(content) {
        precondition(RefusalNote(note.encoded()) == note)
        precondition(note.text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
    }
}
