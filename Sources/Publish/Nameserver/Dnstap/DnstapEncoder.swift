import DNSWire
import DnstapMessages
import FoundationEssentials
import SwiftProtobuf

/// Makes frames of dnstap: Protocol Buffers of the type dnstap.Dnstap.
struct DnstapEncoder {
    private let identity: Data
    private let version: Data
    private let messages: Set<DnstapSettings.Message>

    /// - `answers`: who this server says it is.
    init(_ settings: DnstapSettings, answers: AnswerSettings) {
        identity = Data(answers.identity)
        version = Data(answers.version)
        messages = settings.messages
    }

    /// The frames about a query and its answer, in that order.
    func frames(_ entry: borrowing TapEntry) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        let common = Self.common(entry)
        if messages.contains(.query) {
            var message = common
            message.type = .authQuery
            message.queryMessage = Data(entry.query)
            frames.append(frame(message))
        }
        if messages.contains(.response), entry.head.answerOctets > 0 {
            var message = common
            message.type = .authResponse
            message.responseTimeSec = entry.head.answeredNanoseconds / 1_000_000_000
            message.responseTimeNsec = UInt32(entry.head.answeredNanoseconds % 1_000_000_000)
            message.responseMessage = Data(entry.answer)
            frames.append(frame(message))
        }
        return frames
    }

    private static func common(_ entry: borrowing TapEntry) -> DnstapMessage {
        let peer = entry.head.peer
        var message = DnstapMessage()
        message.socketFamily = peer.client.isIPv4 ? .inet : .inet6
        message.socketProtocol =
            switch peer.transport {
            case .udp: .udp
            case .tcp: .tcp
            case .tls: .dot
            }
        message.queryAddress = peer.client.data
        message.queryPort = UInt32(peer.clientPort)
        message.responseAddress = peer.server.data
        message.responsePort = UInt32(peer.serverPort)
        message.queryTimeSec = entry.head.arrivedNanoseconds / 1_000_000_000
        message.queryTimeNsec = UInt32(entry.head.arrivedNanoseconds % 1_000_000_000)
        if !entry.zone.isEmpty { message.queryZone = Data(entry.zone) }
        return message
    }

    private func frame(_ message: DnstapMessage) -> [UInt8] {
        var frame = DnstapFrame()
        if !identity.isEmpty { frame.identity = identity }
        if !version.isEmpty { frame.version = version }
        frame.type = .message
        frame.message = message
        do {
            return try frame.serializedBytes()
        } catch {
            // Every required field is set, and none of ours nears 2 GiB.
            preconditionFailure("encoding a frame of dnstap: \(error)")
        }
    }
}

extension ClientAddress {
    /// In network order, 4 or 16 octets.
    fileprivate var data: Data {
        let halves = (first.littleEndian, second.littleEndian)
        return withUnsafeBytes(of: halves) { Data($0.prefix(isIPv4 ? 4 : 16)) }
    }
}
