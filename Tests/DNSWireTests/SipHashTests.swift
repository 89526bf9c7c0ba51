import DNSWire
import Testing

/// Vectors of the paper (appendix A) and of its reference implementation: the key is 00 to 0f, the
/// message 00, 01, 02, ...
@Suite struct SipHashTests {
    private let key = SipHashKey(low: 0x0706_0504_0302_0100, high: 0x0f0e_0d0c_0b0a_0908)

    private func message(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8($0) }
    }

    @Test func theExampleOfThePaper() {
        #expect(CookieHash.hash(message(15).span.bytes, key: key) == 0xa129_ca61_49be_45e5)
    }

    @Test(
        arguments: [
            (0, 0x726f_db47_dd0e_0e31), (1, 0x74f8_39c5_93dc_67fd), (7, 0xab02_00f5_8b01_d137),
            (8, 0x93f5_f579_9a93_2462), (63, 0x958a_324c_eb06_4572),
        ] as [(Int, UInt64)])
    func twoAndFourRounds(count: Int, expected: UInt64) {
        #expect(CookieHash.hash(message(count).span.bytes, key: key) == expected)
    }

    @Test(
        arguments: [
            (0, 0xabac_0158_050f_c4dc), (1, 0xc9f4_9bf3_7d57_ca93), (7, 0xd392_7d98_9bb1_1140),
            (8, 0x3690_9511_8d29_9a8e), (15, 0xd320_d86d_2a51_9956), (63, 0x9d19_9062_b7bb_b3a8),
        ] as [(Int, UInt64)])
    func oneAndThreeRounds(count: Int, expected: UInt64) {
        #expect(TableHash.hash(message(count).span.bytes, key: key) == expected)
    }

    @Test func aPrefixHashesAsItWouldAlone() {
        let whole = message(40)
        var state = TableHash(key: key)
        var absorbed = 0
        for end in 0...40 {
            if end - absorbed == 8 {
                state.absorb(TableHash.word(of: whole.span.bytes, at: absorbed))
                absorbed = end
            }
            let prefix = Array(whole[..<end])
            let tail = TableHash.tail(of: prefix.span.bytes, at: absorbed)
            #expect(
                state.finished(tail: tail, count: end)
                    == TableHash.hash(prefix.span.bytes, key: key))
        }
    }
}
