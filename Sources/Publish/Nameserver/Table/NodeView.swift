import Glibc
import Zones

/// A node in an arena: one name of one zone and its record sets, never changed once written.
///
///     0  size of the node in octets, a multiple of 8      UInt32
///     4  number of the zone                               UInt16
///     6  length of the key relative to the apex           UInt16
///     8  flags                                            UInt8
///     9  labels below the apex                            UInt8
///    10  record sets                                      UInt16
///    12  the key relative to the apex, padded to even, then the sets
///
/// Numbers are in host order. The view borrows; whoever holds one keeps the snapshot.
struct NodeView: BitwiseCopyable {
    static let headerOctets = 12

    struct Flags: OptionSet, BitwiseCopyable {
        let rawValue: UInt8

        /// The name is its zone's apex.
        static let apex = Flags(rawValue: 1)
        /// NS records below the apex: a delegation.
        static let cut = Flags(rawValue: 2)
        /// An alias.
        static let alias = Flags(rawValue: 4)
        /// One of the labels below the apex is "*".
        static let wildcard = Flags(rawValue: 8)
        /// A DNAME record: names below have other names (RFC 6672).
        static let redirection = Flags(rawValue: 16)
        /// The hash of a name (RFC 5155): no name itself.
        static let hashed = Flags(rawValue: 32)
    }

    let base: UnsafeRawPointer

    @inline(__always) var sizeOctets: Int { Int(base.load(as: UInt32.self)) }
    @inline(__always) var zone: Int { Int(base.load(fromByteOffset: 4, as: UInt16.self)) }
    @inline(__always) var keyOctets: Int { Int(base.load(fromByteOffset: 6, as: UInt16.self)) }
    @inline(__always) var flags: Flags {
        Flags(rawValue: base.load(fromByteOffset: 8, as: UInt8.self))
    }
    @inline(__always) var labels: Int { Int(base.load(fromByteOffset: 9, as: UInt8.self)) }
    @inline(__always) var setCount: Int { Int(base.load(fromByteOffset: 10, as: UInt16.self)) }
    @inline(__always) var key: UnsafeRawPointer { base + Self.headerOctets }

    /// The first record set; there is always one.
    @inline(__always) var firstSet: SetView {
        SetView(base: base + Self.headerOctets + (keyOctets + 1) & ~1)
    }

    /// The record set of a type.
    @inline(__always)
    func set(of type: UInt16) -> SetView? {
        var set = firstSet
        for _ in 0..<setCount {
            if set.type == type { return set }
            set = set.next
        }
        return nil
    }

    /// The name's place relative to a key below the same apex: below zero if the name comes first.
    @inline(__always)
    func compare(to other: UnsafeRawPointer, octets: Int) -> Int {
        let order = memcmp(key, other, min(keyOctets, octets))
        return order != 0 ? Int(order) : keyOctets - octets
    }
}

/// A compiled record set: its records as they stand in an answer whose question asks for them.
///
///     0  type                                             UInt16
///     2  records; the highest bit: they are signed        UInt16
///     4  fix-ups                                          UInt16
///     6  octets of each record if all are equal, else 0   UInt16
///     8  octets of all records                            UInt16
///    10  fix-ups: offsets into the records                UInt16 each
///        the records, padded to even
///        if they are signed: octets of what follows       UInt16
///        the signatures, see `SignatureView`
///
/// Each record begins with a pointer to the question's name. A fix-up is where a name in the data
/// ends in the zone's apex: two octets that become a pointer to wherever the apex stands in the
/// answer.
struct SetView: BitwiseCopyable {
    static let headerOctets = 10
    /// Marks the number of records of a signed set; sets have fewer than it.
    static let signedMark: UInt16 = 0x8000
    /// Octets in front of a record's data: owner, type, class, time to live, length.
    static let recordHeaderOctets = 12

    let base: UnsafeRawPointer

    @inline(__always) var type: UInt16 { base.load(as: UInt16.self) }
    @inline(__always) var count: Int {
        Int(base.load(fromByteOffset: 2, as: UInt16.self) & ~Self.signedMark)
    }
    @inline(__always) var isSigned: Bool {
        base.load(fromByteOffset: 2, as: UInt16.self) & Self.signedMark != 0
    }
    @inline(__always) var fixupCount: Int { Int(base.load(fromByteOffset: 4, as: UInt16.self)) }
    @inline(__always) var stride: Int { Int(base.load(fromByteOffset: 6, as: UInt16.self)) }
    @inline(__always) var wireOctets: Int { Int(base.load(fromByteOffset: 8, as: UInt16.self)) }
    @inline(__always) var wire: UnsafeRawPointer { base + Self.headerOctets + 2 * fixupCount }
    @inline(__always) var sizeOctets: Int {
        let octets = Self.headerOctets + 2 * fixupCount + (wireOctets + 1) & ~1
        return isSigned ? octets + 2 + signatureOctets : octets
    }
    @inline(__always) var next: SetView { SetView(base: base + sizeOctets) }

    @inline(__always)
    func fixup(_ index: Int) -> Int {
        Int(base.load(fromByteOffset: Self.headerOctets + 2 * index, as: UInt16.self))
    }

    /// The length of a record's data, the record given by its offset in `wire`.
    @inline(__always)
    func dataOctets(ofRecordAt offset: Int) -> Int {
        Int(UInt16(bigEndian: wire.loadUnaligned(fromByteOffset: offset + 10, as: UInt16.self)))
    }
}

// MARK: - Signatures

extension SetView {
    private var signatureBlock: UnsafeRawPointer { wire + (wireOctets + 1) & ~1 }

    /// What the signatures of a signed set take here.
    @inline(__always) private var signatureOctets: Int {
        Int(signatureBlock.load(as: UInt16.self))
    }

    /// The signatures of a signed set.
    var signatures: SignatureList {
        let block = signatureBlock
        return SignatureList(
            first: SignatureView(base: block + 2), end: block + 2 + signatureOctets)
    }

    /// What the signatures take in an answer as RRSIG records; 0 if there are none.
    func signatureRecordOctets(in zone: UnsafePointer<ZoneView>) -> Int {
        guard isSigned else { return 0 }
        var octets = 0
        var signatures = signatures
        while let signature = signatures.next() {
            octets +=
                Self.recordHeaderOctets + SignatureView.fixedDataOctets
                + zone.pointee.apexWireOctets + signature.octets
        }
        return octets
    }
}

/// Signatures one behind the other.
struct SignatureList: BitwiseCopyable {
    fileprivate var first: SignatureView
    fileprivate let end: UnsafeRawPointer

    /// The next one; `nil` behind the last.
    mutating func next() -> SignatureView? {
        guard first.base < end else { return nil }
        let signature = first
        first = SignatureView(
            base: first.base + SignatureView.headerOctets + (first.octets + 1) & ~1)
        return signature
    }
}

/// One signature of a set: what an RRSIG record (RFC 4034 section 3.1) says that does not follow
/// from the set and its zone.
///
///     0  octets of the signature itself                   UInt16
///     2  algorithm, labels                                as in a message
///     4  expiration, inception, key tag                   as in a message
///    14  the signature, padded to even
struct SignatureView: BitwiseCopyable {
    static let headerOctets = 14
    /// What stands in a record's data in front of the signer's name.
    static let fixedDataOctets = 18
    /// From expiration to key tag.
    static let timesOctets = 10

    let base: UnsafeRawPointer

    @inline(__always) var octets: Int { Int(base.load(as: UInt16.self)) }
    /// Algorithm and labels, two octets.
    @inline(__always) var head: UnsafeRawPointer { base + 2 }
    /// Expiration, inception and key tag.
    @inline(__always) var times: UnsafeRawPointer { base + 4 }
    @inline(__always) var start: UnsafeRawPointer { base + Self.headerOctets }
}
