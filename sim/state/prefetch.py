"""A hint to the processor: what will be read soon may come from memory while other work is done."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from sim.compiled import INTERPRETED


@intrinsic
def _hint(typing_context, array, place):
    """LLVM's prefetch of an item of a contiguous array, for reading, to be kept in all caches."""

    def generate(context, builder, signature, arguments):
        kind = signature.args[0]
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        table = context.make_array(kind)(context, builder, arguments[0])
        itemsize = ir.Constant(ir.IntType(64), context.get_abi_sizeof(context.get_data_type(kind.dtype)))
        address = builder.gep(builder.bitcast(table.data, byte), [builder.mul(arguments[1], itemsize)])
        shape = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        prefetch = cgutils.get_or_insert_function(builder.module, shape, "llvm.prefetch.p0")
        builder.call(prefetch, [address, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


def _no_hint(array, place):
    """Interpreted, there is nothing to be gained."""


read_soon = _no_hint if INTERPRETED else _hint
"""`read_soon(array, place)`: the item at a place of an array, counted along all its dimensions."""
