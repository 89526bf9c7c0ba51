import ClusterMessages
import Inventory

extension GuestID {
    init(_ message: MessageGuestKey, cluster: ClusterID) {
        self.init(cluster: cluster, vmid: message.vmid, incarnation: message.incarnation)
    }

    /// Without the cluster: a state holds the guests of one.
    var message: MessageGuestKey {
        var message = MessageGuestKey()
        message.vmid = vmid
        message.incarnation = incarnation
        return message
    }
}

extension Guest {
    init(_ message: MessageGuest, cluster: ClusterID) throws(ClusterStateError) {
        self.init(
            id: GuestID(message.key, cluster: cluster), kind: try Kind(message.kind),
            node: message.node)
        name = message.hasName ? message.name : nil
        hostName = message.hasHostName ? message.hostName : nil
        runState = RunState(message.runState)
        isTemplate = message.isTemplate
        lock = message.hasLock ? message.lock : nil
        virtualCPUs = Int(message.virtualCpus)
        memoryBytes = message.memoryBytes
        diskBytes = message.diskBytes
        pool = message.hasPool ? message.pool : nil
        tags = message.tags
        comment = message.comment
        hasBeenObserved = message.hasBeenObserved_p
        settings = try GuestSettings(message.settings)
        settingsProblem = message.hasSettingsProblem ? message.settingsProblem : nil
        isSettled = message.isSettled
        addressProblem = message.hasAddressProblem ? message.addressProblem : nil
        for interface in message.interfaces {
            interfaces.append(try GuestInterface(interface))
        }
    }

    var message: MessageGuest {
        var message = MessageGuest()
        message.key = id.message
        message.kind = kind.message
        message.node = node
        if let name { message.name = name }
        if let hostName { message.hostName = hostName }
        message.runState = runState.message
        message.isTemplate = isTemplate
        if let lock { message.lock = lock }
        message.virtualCpus = UInt32(clamping: virtualCPUs)
        message.memoryBytes = memoryBytes
        message.diskBytes = diskBytes
        if let pool { message.pool = pool }
        message.tags = tags
        message.comment = comment
        message.interfaces = interfaces.map(\.message)
        message.hasBeenObserved_p = hasBeenObserved
        message.settings = settings.message
        message.isSettled = isSettled
        if let addressProblem { message.addressProblem = addressProblem }
        if let settingsProblem { message.settingsProblem = settingsProblem }
        return message
    }
}

extension Guest.Kind {
    init(_ message: MessageGuest.Kind) throws(ClusterStateError) {
        switch message {
        case .qemu: self = .qemu
        case .lxc: self = .lxc
        case .unspecified, .UNRECOGNIZED: throw .meaningless(field: "guest.kind")
        }
    }

    var message: MessageGuest.Kind {
        switch self {
        case .qemu: .qemu
        case .lxc: .lxc
        }
    }
}

extension Guest.RunState {
    init(_ message: MessageGuest.RunState) {
        switch message {
        case .running: self = .running
        case .stopped: self = .stopped
        case .paused: self = .paused
        case .unknown, .UNRECOGNIZED: self = .unknown
        }
    }

    var message: MessageGuest.RunState {
        switch self {
        case .running: .running
        case .stopped: .stopped
        case .paused: .paused
        case .unknown: .unknown
        }
    }
}

extension GuestInterface {
    init(_ message: MessageInterface) throws(ClusterStateError) {
        self.init(key: message.key)
        mac = message.hasMac ? try Reading.mac(message.mac, "interface.mac") : nil
        guestName = message.hasGuestName ? message.guestName : nil
        bridge = message.hasBridge ? message.bridge : nil
        vlan = VLANID(Int(message.vlan))
        routingDomain = try Reading.routingDomain(
            message.routingDomain, "interface.routing_domain")
        isLinkDown = message.isLinkDown
        for address in message.addresses {
            addresses.append(try GuestAddress(address))
        }
    }

    var message: MessageInterface {
        var message = MessageInterface()
        message.key = key
        if let mac { message.mac = mac.bits }
        if let guestName { message.guestName = guestName }
        if let bridge { message.bridge = bridge }
        message.vlan = UInt32(vlan?.number ?? 0)
        message.routingDomain = routingDomain.fieldText
        message.isLinkDown = isLinkDown
        message.addresses = addresses.map(\.message)
        return message
    }
}

extension GuestAddress {
    init(_ message: MessageAddress) throws(ClusterStateError) {
        guard let address = InterfaceAddress(message.address) else {
            throw .meaningless(field: "address.address")
        }
        self.init(
            address, origin: try Origin(message.origin), device: message.device,
            deviceMAC: message.hasDeviceMac
                ? try Reading.mac(message.deviceMac, "address.device_mac") : nil)
    }

    var message: MessageAddress {
        var message = MessageAddress()
        message.address = address.description
        message.origin = origin.message
        message.device = device
        if let deviceMAC { message.deviceMac = deviceMAC.bits }
        return message
    }
}

extension GuestAddress.Origin {
    init(_ message: MessageAddress.Origin) throws(ClusterStateError) {
        switch message {
        case .cloudInit: self = .cloudInit
        case .configured: self = .configured
        case .agent: self = .agent
        case .host: self = .host
        case .unspecified, .UNRECOGNIZED: throw .meaningless(field: "address.origin")
        }
    }

    var message: MessageAddress.Origin {
        switch self {
        case .cloudInit: .cloudInit
        case .configured: .configured
        case .agent: .agent
        case .host: .host
        }
    }
}

extension GuestSettings {
    init(_ message: MessageGuestSettings) throws(ClusterStateError) {
        self.init()
        isIgnored = message.isIgnored
        name = message.hasName ? message.name : nil
        aliases = message.aliases
        service = message.hasService ? message.service : nil
        primaryMAC =
            message.hasPrimaryMac
            ? try Reading.mac(message.primaryMac, "guest_settings.primary_mac") : nil
        tags = message.tags
        for override in message.mapping {
            mapping.append(
                MappingOverride(
                    network: try Reading.network(override.network, "mapping_override.network"),
                    domain: try Reading.name(override.domain, "mapping_override.domain")))
        }
    }

    var message: MessageGuestSettings {
        var message = MessageGuestSettings()
        message.isIgnored = isIgnored
        if let name { message.name = name }
        message.aliases = aliases
        if let service { message.service = service }
        if let primaryMAC { message.primaryMac = primaryMAC.bits }
        message.tags = tags
        message.mapping = mapping.map { override in
            var message = MessageMappingOverride()
            message.network = override.network.description
            message.domain = override.domain.description
            return message
        }
        return message
    }
}

extension GuestReport {
    init(_ message: MessageGuestReport, cluster: ClusterID) throws(ClusterStateError) {
        self.init(
            guest: try Guest(message.guest, cluster: cluster),
            addresses: message.addressesObserved
                ? .observed : .unknown(reason: message.unknownReason))
    }

    var message: MessageGuestReport {
        var message = MessageGuestReport()
        message.guest = guest.message
        switch addresses {
        case .observed: message.addressesObserved = true
        case .unknown(let reason): message.unknownReason = reason
        }
        return message
    }
}
