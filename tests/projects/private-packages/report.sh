echo "installed: $(cat /installed)"
