import DNSWire
import Nameserver
import ServiceLifecycle

/// Gives the name server the keys of cookies: at each change of the cluster's secret and of the
/// time of day. Until there is a secret, the name server has a random one of its own.
struct CookieService: Service {
    /// The wall clock may be set meanwhile, so it is looked at this often.
    private static let interval = Duration.seconds(60)

    let ring: SecretRing
    let changed: Signal
    let store: ZoneStore

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var known: CookieSecrets?
            while !Task.isCancelled {
                let keys = CookieKeys.keys(from: ring, atSeconds: WallClock.nowSeconds())
                if let keys, keys != known {
                    store.use(keys)
                    known = keys
                }
                await changed.wait(until: .now + Self.interval)
            }
        }
    }
}
