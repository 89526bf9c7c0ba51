import Consensus
import Testing

@Suite struct LinkTests {
    @Test func messagesGoBothWaysAndSayWhoSentThem() async throws {
        try await withCluster(of: 3) { _, nodes in
            for sender in nodes {
                sender.network.send(
                    nodes.filter { $0.number != sender.number }.map {
                        message([UInt8(sender.number), UInt8($0.number)], to: $0.replica)
                    })
            }
            for receiver in nodes {
                for sender in nodes where sender.number != receiver.number {
                    try await receiver.handler.wait(
                        for: [UInt8(sender.number), UInt8(receiver.number)],
                        from: sender.replica)
                }
            }
        }
    }

    @Test func messagesOfAllSizesArriveInOrder() async throws {
        try await withCluster(of: 2) { _, nodes in
            let sizes = [0, 1, 8, 16_383, 16_384, 16_385, 100_000, 1_048_576]
            let messages = sizes.map { [UInt8](repeating: UInt8($0 % 251), count: $0) }
            nodes[0].network.send(messages.map { message($0, to: nodes[1].replica) })
            try await nodes[1].handler.board.wait { $0.messages.count == sizes.count }
            #expect(nodes[1].handler.board.read { $0.messages.map(\.octets) } == messages)
        }
    }
}
