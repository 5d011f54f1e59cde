#include "adapters/libvirt/uri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover::libvirt {
namespace {

using testing::HasSubstr;

TEST(LibvirtUri, TakesTheNodesNameInItsPlace) {
  EXPECT_EQ(for_node("qemu+tls://{node}.example.org/system?x={node}", "n1"), "qemu+tls://n1.example.org/system?x=n1");
  EXPECT_EQ(for_node("{node}", "a{node}b"), "a{node}b");
  EXPECT_EQ(for_node("plain", "n1"), "plain");
}

TEST(LibvirtUri, PassesThroughWhatLibvirtMayJudge) {
  for (const char* uri : {"qemu:///system", "qemu+tls://kvm1/system?pkipath=/etc/pki",
                          "qemu+ssh://root@kvm1/system?keyfile=/k&no_tty=1", "test:///default", "xen+tcp://h:16509/"})
    EXPECT_TRUE(check_uri(uri)) << uri;
}

TEST(LibvirtUri, RefusesWhatWouldRunAProgramBesideDrover) {
  for (const char* uri : {"qemu+ext://h/system", "qemu+ext:///system?command=/x", "qemu+ssh://h/system?command=/bin/sh",
                          "qemu+ssh://h/system?no_tty=1&command=/bin/sh", "qemu+ssh://h/system?no_tty=1;netcat=/bin/sh",
                          "qemu+ssh://h/system?%63ommand=/bin/sh"})
    EXPECT_THAT(check_uri(uri).error().message, HasSubstr("a program beside Drover")) << uri;
}

TEST(LibvirtUri, MustBeOne) {
  for (const char* uri : {"", "kvm1", "://x"}) EXPECT_THAT(check_uri(uri).error().message, HasSubstr("write one such as")) << uri;
}

}  // namespace
}  // namespace drover::libvirt
