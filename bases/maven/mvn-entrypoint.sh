#!/usr/bin/env bash
# The official one also lays out files from /usr/share/maven/ref, which is empty
# unless an image adds some. MAVEN_CONFIG means options of the command line to mvn
# itself, and a folder to the image.
set -e
unset MAVEN_CONFIG
exec "$@"
