#!/usr/bin/env bash
# Where the trust store is, for tools that ask. The official one also adds
# certificates to it if USE_SYSTEM_CA_CERTS is set; here it has the host's already.
set -e
export JRE_CACERTS_PATH=$JAVA_HOME/lib/security/cacerts
exec "$@"
