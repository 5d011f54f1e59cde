// What tests have in common is compiled once, as a precompiled header (CMakeLists.txt); a target that has one needs a source.
