"""``python -m convnet_studio`` is the command ``convnet-studio``."""

import sys

from convnet_studio.cli import main

if __name__ == "__main__":
    sys.exit(main())
