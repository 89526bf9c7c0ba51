package import HTTPClient
package import Inventory

/// What `ProxmoxSource` needs to know of a cluster, and how hard it may ask.
package struct ProxmoxSettings: Sendable {
    /// The nodes' API, `https://host:8006`, without path. The first that answers is used until it
    /// fails; then the next. At least one.
    package var baseURLs: [String]
    /// Who asks.
    package var token: APIToken
    /// Whom to believe to be a node.
    package var trust = HTTPTrust()

    /// How often to ask for changes of the whole cluster, one request each. Default 2 s.
    package var quickPoll: Duration = .seconds(2)
    /// How often to collect in full. Default 30 s.
    package var collectInterval: Duration = .seconds(30)
    /// How long an edit that the cluster's list does not show (a netN, the notes) may go unnoticed:
    /// each full collection reads a share of the configurations again so that none is older than
    /// this. Equal to `collectInterval`, every one is read each time. Default 120 s.
    package var configurationInterval: Duration = .seconds(120)
    /// At least so many configurations are read again by each full collection, so that a small
    /// cluster is read whole. Default 100.
    package var minimumConfigurations = 100
    /// How often a guest agent is asked when nothing happens. Default 300 s.
    package var agentInterval: Duration = .seconds(300)
    /// How often a container's interfaces are read when nothing happens. Default 60 s.
    package var containerInterval: Duration = .seconds(60)
    /// By how much the two intervals vary, so that guests started together drift apart: 0.2 is
    /// 20 % either way.
    package var intervalSpread = 0.2
    /// The pause after the first failure of an agent; it doubles with each one. Default 5 s.
    package var firstBackOff: Duration = .seconds(5)
    /// The longest pause after failures. Default 600 s.
    package var maximumBackOff: Duration = .seconds(600)

    /// Agent calls under way through one API host; each holds a worker of it. Default 4. On one
    /// node there is never more than one, since two hung ones hold two of its three workers.
    package var maximumAgentCalls = 4
    /// Other calls under way. Default 8.
    package var maximumCalls = 8
    /// The deadline of one call. Default 10 s: a refused token is answered after 3 s.
    package var callTimeout: Duration = .seconds(10)
    /// The deadline of one agent call, which may take 8 s on the node. Default 15 s.
    package var agentCallTimeout: Duration = .seconds(15)
    /// How long one collection may take; what is not there then is a problem. Default 60 s.
    package var cycleTimeout: Duration = .seconds(60)
    /// How long a collection waits for guest agents once everything else is there. What comes
    /// later is in the next collection. The first full one waits for all. Default 1 s.
    package var agentPatience: Duration = .seconds(1)
    /// How often a call is tried that found no connection, over all base URLs. Default 3.
    package var attempts = 3
    /// The pause before the second try, doubled for the third, varied by half. Default 200 ms.
    package var retryDelay: Duration = .milliseconds(200)

    /// Spaces in which addresses are unique, by the name of a bridge, an SDN vnet or an SDN zone;
    /// the vnet's own entry wins over its zone's. What is not named lies in `global`.
    package var routingDomains: [String: RoutingDomain] = [:]

    /// The defaults for everything but place and token.
    package init(baseURLs: [String], token: APIToken) {
        self.baseURLs = baseURLs
        self.token = token
    }
}

/// A Proxmox API token. Prints as its id; the secret shows in no description.
package struct APIToken: Hashable, Sendable {
    /// `user@realm!name`.
    package let id: String
    /// The UUID that Proxmox showed once.
    package let secret: String

    /// `nil` unless the id has the three parts and neither text has white space or control
    /// characters.
    package init?(id: String, secret: String) {
        let parts = id.split(separator: "!", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty, Self.isUser(parts[0]), !secret.isEmpty,
            (id + secret).utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        self.id = id
        self.secret = secret
    }

    private static func isUser(_ text: Substring) -> Bool {
        guard let at = text.lastIndex(of: "@") else { return false }
        return at > text.startIndex && text.index(after: at) < text.endIndex
    }
}

extension APIToken: CustomStringConvertible, CustomDebugStringConvertible {
    package var description: String { id }
    package var debugDescription: String { id }
}
