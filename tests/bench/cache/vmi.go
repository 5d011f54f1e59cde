package main

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	virtv1 "kubevirt.io/api/core/v1"
)

// vmi is a running VMI as a virtual machine of two disks and one interface has it; every second one has been migrated once.
func vmi(i, nodes int) *virtv1.VirtualMachineInstance {
	namespace, name := vmName(i)
	node := fmt.Sprintf("node-%05d", i%nodes)
	uid := types.UID(fmt.Sprintf("5ca1ab1e-0000-4000-8000-%012d", i))
	at := func(s int) metav1.Time { return metav1.NewTime(time.Date(2026, 11, 1, 10, 0, s, 0, time.UTC)) }
	pointer := func(t metav1.Time) *metav1.Time { return &t }
	strategy, memory, yes := virtv1.EvictionStrategyLiveMigrate, resource.MustParse("2Gi"), true
	v := &virtv1.VirtualMachineInstance{TypeMeta: metav1.TypeMeta{APIVersion: "kubevirt.io/v1", Kind: "VirtualMachineInstance"}}
	v.ObjectMeta = metav1.ObjectMeta{Name: name, Namespace: namespace,
		Labels: map[string]string{"kubevirt.io/nodeName": node, "kubevirt.io/domain": name, "vm.kubevirt.io/name": name, "app": fmt.Sprintf("app-%d", i%40),
			"tier": "gold", "team": fmt.Sprintf("team-%d", i%12), "kubevirt.io/size": "small", "flavor.template.kubevirt.io/small": "true", "workload": "server"},
		Annotations: map[string]string{"kubevirt.io/latest-observed-api-version": "v1", "kubevirt.io/storage-observed-api-version": "v1",
			"kubevirt.io/vm-generation": "3", "vm.kubevirt.io/flavor": "small", "vm.kubevirt.io/os": "debian12", "vm.kubevirt.io/workload": "server",
			"kubevirt.io/cluster-instancetype-name": "u1.small", "description": "A virtual machine of a tenant, made for a measurement of caches."},
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "kubevirt.io/v1", Kind: "VirtualMachine", Name: name, UID: uid, Controller: &yes, BlockOwnerDeletion: &yes}}}
	disk := func(name string) virtv1.Disk {
		return virtv1.Disk{Name: name, DiskDevice: virtv1.DiskDevice{Disk: &virtv1.DiskTarget{Bus: virtv1.DiskBusVirtio}}}
	}
	v.Spec = virtv1.VirtualMachineInstanceSpec{EvictionStrategy: &strategy, Architecture: "amd64", Hostname: name,
		NodeSelector: map[string]string{"kubernetes.io/os": "linux"},
		Networks:     []virtv1.Network{*virtv1.DefaultPodNetwork()},
		Domain: virtv1.DomainSpec{CPU: &virtv1.CPU{Cores: 2, Sockets: 1, Threads: 1, Model: virtv1.CPUModeHostModel, MaxSockets: 4},
			Memory: &virtv1.Memory{Guest: &memory}, Machine: &virtv1.Machine{Type: "q35"},
			Firmware:  &virtv1.Firmware{UUID: uid, Serial: string(uid)},
			Resources: virtv1.ResourceRequirements{Requests: corev1.ResourceList{"memory": memory, "cpu": resource.MustParse("200m")}},
			Devices: virtv1.Devices{Disks: []virtv1.Disk{disk("root"), disk("data")}, Interfaces: []virtv1.Interface{{Name: "default",
				InterfaceBindingMethod: virtv1.InterfaceBindingMethod{Masquerade: &virtv1.InterfaceMasquerade{}}, MacAddress: "02:00:00:00:00:01"}}}},
		Volumes: []virtv1.Volume{
			{Name: "root", VolumeSource: virtv1.VolumeSource{PersistentVolumeClaim: &virtv1.PersistentVolumeClaimVolumeSource{
				PersistentVolumeClaimVolumeSource: corev1.PersistentVolumeClaimVolumeSource{ClaimName: name + "-root"}}}},
			{Name: "data", VolumeSource: virtv1.VolumeSource{PersistentVolumeClaim: &virtv1.PersistentVolumeClaimVolumeSource{
				PersistentVolumeClaimVolumeSource: corev1.PersistentVolumeClaimVolumeSource{ClaimName: name + "-data"}}}}}}
	condition := func(t virtv1.VirtualMachineInstanceConditionType, s corev1.ConditionStatus, reason, message string) virtv1.VirtualMachineInstanceCondition {
		return virtv1.VirtualMachineInstanceCondition{Type: t, Status: s, LastTransitionTime: at(5), Reason: reason, Message: message}
	}
	v.Status = virtv1.VirtualMachineInstanceStatus{NodeName: node, Phase: virtv1.Running, LauncherContainerImageVersion: "quay.io/kubevirt/virt-launcher:v1.8.0",
		ActivePods: map[types.UID]string{uid: node}, MigrationMethod: virtv1.LiveMigration, MigrationTransport: virtv1.MigrationTransportUnix,
		QOSClass: new(corev1.PodQOSClass), RuntimeUser: 107, SelinuxContext: "none", VirtualMachineRevisionName: "revision-start-vm-" + string(uid),
		Machine: &virtv1.Machine{Type: "pc-q35-rhel9.6.0"}, CurrentCPUTopology: &virtv1.CPUTopology{Cores: 2, Sockets: 1, Threads: 1},
		Memory: &virtv1.MemoryStatus{GuestAtBoot: &memory, GuestCurrent: &memory, GuestRequested: &memory},
		Conditions: []virtv1.VirtualMachineInstanceCondition{condition(virtv1.VirtualMachineInstanceReady, "True", "", ""),
			condition(virtv1.VirtualMachineInstanceIsMigratable, "True", "", ""), condition(virtv1.VirtualMachineInstanceIsStorageLiveMigratable, "True", "", ""),
			condition(virtv1.VirtualMachineInstanceAgentConnected, "True", "", ""), condition(virtv1.VirtualMachineInstanceDataVolumesReady, "True", "AllDVsReady", "All of the VMI's DVs are bound and ready")},
		PhaseTransitionTimestamps: []virtv1.VirtualMachineInstancePhaseTransitionTimestamp{{Phase: virtv1.Pending, PhaseTransitionTimestamp: at(0)},
			{Phase: virtv1.Scheduling, PhaseTransitionTimestamp: at(1)}, {Phase: virtv1.Scheduled, PhaseTransitionTimestamp: at(3)}, {Phase: virtv1.Running, PhaseTransitionTimestamp: at(6)}},
		GuestOSInfo: virtv1.VirtualMachineInstanceGuestOSInfo{Name: "Debian GNU/Linux", KernelRelease: "6.1.0-18-amd64", Version: "12 (bookworm)", ID: "debian", VersionID: "12", PrettyName: "Debian GNU/Linux 12 (bookworm)", Machine: "x86_64", KernelVersion: "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1"},
		Interfaces:  []virtv1.VirtualMachineInstanceNetworkInterface{{Name: "default", IP: "10.0.2.2", IPs: []string{"10.0.2.2", "fd10:0:2::2"}, MAC: "02:00:00:00:00:01", InterfaceName: "enp1s0", InfoSource: "domain, guest-agent", QueueCount: 2, LinkState: "up"}},
		VolumeStatus: []virtv1.VolumeStatus{{Name: "root", Target: "vda", PersistentVolumeClaimInfo: &virtv1.PersistentVolumeClaimInfo{ClaimName: name + "-root", AccessModes: []corev1.PersistentVolumeAccessMode{"ReadWriteMany"}, Capacity: corev1.ResourceList{"storage": resource.MustParse("30Gi")}, Requests: corev1.ResourceList{"storage": resource.MustParse("30Gi")}}},
			{Name: "data", Target: "vdb", PersistentVolumeClaimInfo: &virtv1.PersistentVolumeClaimInfo{ClaimName: name + "-data", AccessModes: []corev1.PersistentVolumeAccessMode{"ReadWriteMany"}, Capacity: corev1.ResourceList{"storage": resource.MustParse("100Gi")}, Requests: corev1.ResourceList{"storage": resource.MustParse("100Gi")}}}}}
	if i%2 == 0 {
		source := fmt.Sprintf("node-%05d", (i+1)%nodes)
		v.Status.MigrationState = &virtv1.VirtualMachineInstanceMigrationState{StartTimestamp: pointer(at(20)), EndTimestamp: pointer(at(40)),
			TargetNodeDomainReadyTimestamp: pointer(at(39)), TargetNodeDomainDetected: true, TargetNode: node, TargetPod: "virt-launcher-" + name + "-x7k2p",
			SourceNode: source, SourcePod: "virt-launcher-" + name + "-q9d4m", TargetNodeAddress: "10.128.0.7", Completed: true, MigrationUID: uid, Mode: virtv1.MigrationPreCopy,
			TargetDirectMigrationNodePorts: map[string]int{"40123": 0, "40124": 49152, "40125": 49153}, TargetNodeTopology: `{"numa":null}`,
			MigrationConfiguration: &virtv1.MigrationConfiguration{NodeDrainTaintKey: ptr("kubevirt.io/drain"), ParallelMigrationsPerCluster: ptr(uint32(5)), ParallelOutboundMigrationsPerNode: ptr(uint32(2)),
				BandwidthPerMigration: ptr(resource.MustParse("0")), AllowAutoConverge: ptr(false), AllowPostCopy: ptr(false), CompletionTimeoutPerGiB: ptr(int64(150)), ProgressTimeout: ptr(int64(150)), UnsafeMigrationOverride: ptr(false)}}
	}
	return v
}

func ptr[T any](value T) *T { return &value }
