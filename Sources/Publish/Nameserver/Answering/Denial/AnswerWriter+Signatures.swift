import DNSWire
import Glibc

extension AnswerWriter {
    /// Writes the signatures of a set as RRSIG records (RFC 4034 section 3.1), for which there must
    /// be room. The owner stands somewhere in front of them.
    mutating func writeSignatures(
        of set: SetView, to section: Section, owner: Int, signer: UnsafePointer<ZoneView>
    ) {
        var signatures = set.signatures
        while let signature = signatures.next() {
            storePointer(to: owner, at: position)
            position += 2
            writeSignature(signature, of: set, signer: signer)
            count(1, in: section)
        }
    }

    /// The signatures of a set without the set, to whoever asks for them; `false` if they do not
    /// fit.
    mutating func appendSignatures(
        of set: SetView, owner: Int, signer: UnsafePointer<ZoneView>
    ) -> Bool {
        guard position + set.signatureRecordOctets(in: signer) <= limit,
            owner <= Self.farthestPointer
        else { return false }
        writeSignatures(of: set, to: .answer, owner: owner, signer: signer)
        return true
    }

    /// Adds a node's NSEC or NSEC3 set with its signatures to the authority section; `false` if
    /// they do not fit. The last of the owner's labels, `sharing` of those below the apex, stand at
    /// `place` already.
    mutating func append(
        _ set: SetView, of node: NodeView, sharing: Int, at place: Int,
        signedBy zone: UnsafePointer<ZoneView>
    ) -> Bool {
        guard sharing < node.labels else {
            return append(set, to: .authority, owner: place, apex: 0, signer: zone)
        }
        let owner = position
        // Besides labels and a pointer, the record has what it would have with a pointer alone. An
        // escaped key is longer than the labels: no answer becomes too long by that.
        let octets =
            node.keyOctets + set.wireOctets + set.signatureRecordOctets(in: zone)
        guard position + octets <= limit, owner <= Self.farthestPointer,
            place <= Self.farthestPointer
        else { return false }
        position += writeLabels(of: node, sharing: sharing, at: position)
        storePointer(to: place, at: position)
        memcpy(start + position + 2, set.wire + 2, set.wireOctets - 2)
        position += set.wireOctets
        count(1, in: .authority)
        if set.isSigned { writeSignatures(of: set, to: .authority, owner: owner, signer: zone) }
        return true
    }

    /// Everything of an RRSIG record but its owner.
    private mutating func writeSignature(
        _ signature: SignatureView, of set: SetView, signer: UnsafePointer<ZoneView>
    ) {
        let signerOctets = signer.pointee.apexWireOctets
        let dataOctets = SignatureView.fixedDataOctets + signerOctets + signature.octets
        let record = start + position
        store(TypeNumber.rrsig, at: position)
        // Class and time to live are those of the set's records.
        memcpy(record + 2, set.wire + 4, 6)
        store(UInt16(truncatingIfNeeded: dataOctets), at: position + 8)
        let data = record + 10
        store(set.type, at: position + 10)
        memcpy(data + 2, signature.head, 2)
        memcpy(data + 4, set.wire + 6, 4)
        memcpy(data + 8, signature.times, SignatureView.timesOctets)
        memcpy(data + SignatureView.fixedDataOctets, signer.pointee.apexWire, signerOctets)
        memcpy(
            data + SignatureView.fixedDataOctets + signerOctets, signature.start, signature.octets)
        position += 10 + dataOctets
    }

    /// Writes the labels of a node's name that are not written yet, the first label first; gives
    /// their octets.
    private func writeLabels(of node: NodeView, sharing: Int, at place: Int) -> Int {
        var end = place
        var last = node.keyOctets - 1
        for _ in sharing..<node.labels {
            // The key has the first label at its end, closed by the zero at `last`.
            var begin = last
            while begin > 0, node.key.load(fromByteOffset: begin - 1, as: UInt8.self) != 0 {
                begin -= 1
            }
            let head = end
            end += 1
            var offset = begin
            while offset < last {
                var octet = node.key.load(fromByteOffset: offset, as: UInt8.self)
                if octet == 1 {
                    offset += 1
                    octet = node.key.load(fromByteOffset: offset, as: UInt8.self) - 1
                }
                (start + end).storeBytes(of: octet, as: UInt8.self)
                end += 1
                offset += 1
            }
            (start + head).storeBytes(of: UInt8(end - head - 1), as: UInt8.self)
            last = begin - 1
        }
        return end - place
    }
}
