/// The record types that answering looks at, as plain numbers. Constants of another module would
/// cost every query a call for each of them.
enum TypeNumber {
    static let a: UInt16 = 1
    static let ns: UInt16 = 2
    static let cname: UInt16 = 5
    static let soa: UInt16 = 6
    static let ptr: UInt16 = 12
    static let mx: UInt16 = 15
    static let txt: UInt16 = 16
    static let aaaa: UInt16 = 28
    static let srv: UInt16 = 33
    static let dname: UInt16 = 39
    static let ds: UInt16 = 43
    static let rrsig: UInt16 = 46
    static let nsec: UInt16 = 47
    static let nsec3: UInt16 = 50
    static let nsec3param: UInt16 = 51
    static let svcb: UInt16 = 64
    static let https: UInt16 = 65
}
