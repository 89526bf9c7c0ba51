import Testing

import Inventory

@Suite struct AddressTests {
    @Test(arguments: ["::", "::1", "1::", "2001:db8::1", "2001:db8:0:1:1:1:1:1", "::ffff:192.0.2.1"])
    func canonicalIPv6TextPrintsAsItIs(text: String) {
        #expect(IPv6Address(text)?.description == text)
    }
}
