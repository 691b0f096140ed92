// Package release names the build.
package release

// Name is what /health reports. plimsoll's source edit rewrites this string.
const Name = "unreleased"
