import Inventory
import Testing

@testable import Proxmox

@Suite struct CallQueueTests {
    private static func place(_ vmid: UInt32, _ node: String) -> GuestPlace {
        GuestPlace(vmid: vmid, kind: .qemu, node: node)
    }

    private static func drain(_ queue: inout CallQueue) -> [Call] {
        var calls: [Call] = []
        while let call = queue.next() { calls.append(call) }
        return calls
    }

    @Test func oneAgentCallPerNodeAndFourInAll() {
        var queue = CallQueue(maximumCalls: 8, maximumAgentCalls: 4)
        for node in 1...6 {
            for vmid in 0..<3 {
                queue.add(.agentInterfaces(Self.place(UInt32(100 * node + vmid), "pve\(node)")))
            }
        }
        var underWay = Self.drain(&queue)
        #expect(underWay.compactMap(\.node) == ["pve1", "pve2", "pve3", "pve4"])
        var order: [UInt32] = []
        while !underWay.isEmpty {
            #expect(underWay.count <= 4)
            #expect(Set(underWay.compactMap(\.node)).count == underWay.count)
            let call = underWay.removeFirst()
            order.append(call.guest ?? 0)
            queue.finish(call)
            underWay += Self.drain(&queue)
        }
        #expect(order.count == 18)
        #expect(queue.isEmpty)
        // Nodes take turns.
        #expect(Set(order.prefix(6).map { $0 / 100 }).count == 6)
    }

    @Test func otherCallsAreBoundedApart() {
        var queue = CallQueue(maximumCalls: 2, maximumAgentCalls: 1)
        queue.add(.agentInterfaces(Self.place(100, "pve1")))
        for vmid in UInt32(100)..<105 { queue.add(.configuration(Self.place(vmid, "pve1"))) }
        #expect(Self.drain(&queue).count == 3)
        #expect(queue.plainCount == 5)
        #expect(queue.guestCount == 5)
    }

    @Test func aCallIsMadeOnce() {
        var queue = CallQueue(maximumCalls: 8, maximumAgentCalls: 4)
        queue.add(.vnets)
        queue.add(.vnets)
        #expect(queue.next() == .vnets)
        queue.add(.vnets)
        #expect(queue.next() == nil)
        queue.finish(.vnets)
        queue.add(.vnets)
        #expect(queue.next() == .vnets)
    }

    @Test func theOtherQuestionToAGuestComesNext() {
        var queue = CallQueue(maximumCalls: 8, maximumAgentCalls: 4)
        let first = Call.agentInterfaces(Self.place(100, "pve1"))
        queue.add(first)
        queue.add(.agentInterfaces(Self.place(101, "pve1")))
        #expect(queue.next() == first)
        queue.finish(first)
        queue.addNext(.agentHostName(Self.place(100, "pve1")))
        let next = queue.next()
        #expect(next == .agentHostName(Self.place(100, "pve1")))
        #expect(queue.next() == nil)
        next.map { queue.finish($0) }
        #expect(queue.next() == .agentInterfaces(Self.place(101, "pve1")))
    }

    @Test func droppedCallsAreForgotten() {
        var queue = CallQueue(maximumCalls: 1, maximumAgentCalls: 1)
        queue.add(.vnets)
        queue.add(.network(node: "pve1"))
        queue.add(.agentInterfaces(Self.place(100, "pve1")))
        queue.add(.agentInterfaces(Self.place(200, "pve2")))
        #expect(queue.drop { $0.node == "pve1" }.count == 2)
        #expect(Self.drain(&queue) == [.vnets, .agentInterfaces(Self.place(200, "pve2"))])
        #expect(queue.guestCount == 1)
    }

    @Test(arguments: [(0.0, 0.8), (0.5, 1.0), (0.999, 1.2)])
    func pausesDoubleUpToTheirLimit(random: Double, factor: Double) {
        var backOff = BackOff()
        let pauses = (0..<9).map { _ in
            backOff.next(first: .seconds(5), maximum: .seconds(600), random: random)
        }
        for (pause, seconds) in zip(pauses, [5.0, 10, 20, 40, 80, 160, 320, 600, 600]) {
            #expect(abs(pause / .seconds(1) - seconds * factor) < seconds * 0.001)
        }
        backOff.reset()
        #expect(backOff.next(first: .seconds(5), maximum: .seconds(600), random: 0) == .seconds(4))
    }

    @Test func triesAreSpacedWiderEachTime() {
        let pause = { RetryPolicy.pause(before: $0, base: .milliseconds(200), random: 0.5) }
        #expect(
            (0..<4).map(pause) == [
                .zero, .milliseconds(200), .milliseconds(400), .milliseconds(800),
            ])
    }
}
