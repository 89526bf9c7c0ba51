import Foundation
import OpenSSL
import PipamAgent
import Synchronization

/// Hosts that share a directory, all in one temporary directory, with a clock of their own.
final class EnrolmentLab {
    /// Where everything lies.
    let path: String
    /// What the hosts share.
    var place: ClusterPlace
    /// Seconds since 1970.
    var now: Int64 = 1_800_000_000
    /// How long locks are waited for.
    var timing = DirectoryLock.Timing()

    static let day: Int64 = 86_400

    init() throws {
        // Hundreds of runs sync dozens of files each: in memory, if that can be had.
        let memory = "/dev/shm/"
        let isWritable = FileManager.default.isWritableFile(atPath: memory)
        path =
            (isWritable ? memory : NSTemporaryDirectory()) + "pipam-enrolment-"
            + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        place = ClusterPlace(path: "\(path)/common")
        timing.pause = .milliseconds(2)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The data directory of a host.
    func data(_ host: String) -> String { "\(path)/\(host)" }

    /// What a host asks for.
    func request(_ host: String, name: String? = nil) throws -> EnrolmentRequest {
        guard let address = MemberAddress("\(name ?? host).example.com") else {
            throw EnrolmentError.refused(reason: "no address", remedy: "")
        }
        var request = EnrolmentRequest(
            place: place, dataDirectory: data(host), name: name ?? host, addresses: [address],
            clusterName: "lab", nowSeconds: now)
        request.timing = timing
        return request
    }

    /// Runs `pipam enroll` on a host.
    @discardableResult
    func enroll(
        _ host: String, name: String? = nil, _ adjust: (inout EnrolmentRequest) -> Void = { _ in }
    ) async throws -> EnrolmentReport {
        var request = try request(host, name: name)
        adjust(&request)
        return try await Enrolment(request).run()
    }

    /// A member's credentials, which have to be such that its peers accept them.
    func credentials(_ host: String) throws -> CredentialFiles {
        guard let data = try GuardedDirectory(path: data(host)),
            let files = try CredentialFiles.read(in: data),
            let identity = try NodeIdentity.read(in: data), let cluster = identity.cluster
        else { throw EnrolmentError.refused(reason: "no credentials", remedy: "") }
        if let objection = files.objection(uri: identity.uri(in: cluster), nowSeconds: now) {
            throw EnrolmentError.refused(reason: objection, remedy: "")
        }
        return files
    }

    /// A host accepts the certificate of another one.
    func trusts(_ host: String, _ other: String) throws -> Bool {
        let certificate = try credentials(other).certificate
        return try credentials(host).authorities.contains(where: certificate.isIssued)
    }

    /// Everything below a directory, by name.
    func content(_ directory: String) throws -> [String: Data] {
        var content: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: directory) {
            content[name] = FileManager.default.contents(atPath: "\(directory)/\(name)")
        }
        return content
    }

    /// Puts octets in place of a file.
    func write(_ text: String, to name: String, mode: Int = 0o600) throws {
        let file = "\(path)/\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
    }

    /// What stands in a file.
    func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
    }

    /// Everything of a host's data directory goes.
    func wipe(_ host: String) throws {
        try FileManager.default.removeItem(atPath: data(host))
    }

    /// There is something of that name.
    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }
}

/// Stops work as a crash would: after a number of steps none is done any more, the release of the
/// lock included.
final class Crash: Sendable {
    private let left: Mutex<Int>

    /// Goes on for this many steps.
    init(after steps: Int) { left = Mutex(steps) }

    /// It did come to that.
    var hasCome: Bool { left.withLock { $0 < 0 } }

    /// What is called before each change.
    var step: ClusterPlace.Step {
        { (what) throws(EnrolmentError) in
            let isAlive = self.left.withLock { left in
                left -= 1
                return left >= 0
            }
            guard isAlive else { throw .refused(reason: "crash: \(what)", remedy: "none") }
        }
    }
}
