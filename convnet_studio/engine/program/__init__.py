"""Programs: a network as a flat list of operations, run by one compiled interpreter, or by numpy alone."""

from convnet_studio.engine.program.cache import compile_set, compiled_set_ready
from convnet_studio.engine.program.compile_pool import CompileProgress
from convnet_studio.engine.program.compiled import CompiledProgram
from convnet_studio.engine.program.program import Program, StepResult
from convnet_studio.engine.program.reference import ReferenceProgram
from convnet_studio.engine.program.runner import ModuleFailure

__all__ = [
    "CompileProgress",
    "CompiledProgram",
    "ModuleFailure",
    "Program",
    "ReferenceProgram",
    "StepResult",
    "compile_set",
    "compiled_set_ready",
]
