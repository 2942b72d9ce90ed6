"""The world as compiled rules see it: one pointer.

A NamedTuple of fifty arrays travels as some 350 arguments, and each call counts references to all
of them: passing the world to a rule then costs more than the rule itself, and compiling it takes
minutes. Here the compiled side gets the address of a small table of addresses and shapes instead.
`world.bosses[b]` reads the same in plain Python, where `World` is an ordinary object with arrays.

The arrays a rule sees own nothing and can neither be stored nor outlive the call; Python keeps the
world alive while compiled code runs. No function of the model allocates memory.
"""

from __future__ import annotations

import operator

from llvmlite import ir
from numba import from_dtype, types
from numba.extending import NativeValue, intrinsic, lower_builtin, models, register_model, typeof_impl, unbox

from sim.engine.compiled import INTERPRETED
from sim.engine.numba_internals import AttributeTemplate, cgutils, impl_ret_borrowed, infer_getattr, lower_getattr_generic


class TableType(types.Array):
    """The compiled type of a table: an array indexed from 0 only.

    A NumPy index may be negative and then counts from the end, which costs a comparison at each access. In a
    table -1 means nowhere: it is never an index, and the bounds-checked tests reject it as one.
    """

    def __init__(self, dtype, dimensions: int):
        plain = types.Array(dtype, dimensions, "C")
        super().__init__(dtype, dimensions, "C", name=f"Table({plain.name})")
        self.plain = plain


register_model(TableType)(models.ArrayModel)


def _from_zero(context, builder, kind, index):
    """An index, or a tuple of them, as unsigned numbers, with their type."""
    if not isinstance(kind, types.BaseTuple):
        return types.uintp, context.cast(builder, index, kind, types.intp)
    parts = cgutils.unpack_tuple(builder, index, count=len(kind))
    parts = [context.cast(builder, part, one, types.intp) for part, one in zip(parts, kind, strict=True)]
    unsigned = types.UniTuple(types.uintp, len(kind))
    return unsigned, context.make_tuple(builder, unsigned, parts)


@lower_builtin(operator.getitem, TableType, types.Integer)
@lower_builtin(operator.getitem, TableType, types.BaseTuple)
def _read_item(context, builder, signature, arguments):
    table, kind = signature.args
    unsigned, place = _from_zero(context, builder, kind, arguments[1])
    read = context.get_function(operator.getitem, signature.return_type(table.plain, unsigned))
    return read(builder, (arguments[0], place))


@lower_builtin(operator.setitem, TableType, types.Integer, types.Any)
@lower_builtin(operator.setitem, TableType, types.BaseTuple, types.Any)
def _write_item(context, builder, signature, arguments):
    table, kind, value = signature.args
    unsigned, place = _from_zero(context, builder, kind, arguments[1])
    write = context.get_function(operator.setitem, types.void(table.plain, unsigned, value))
    return write(builder, (arguments[0], place, arguments[2]))


class PointerType(types.Type):
    """The compiled type of a table of arrays; its fields are (name, dtype, dimensions), in order."""

    def __init__(self, name: str, fields: tuple):
        self.places: dict[str, int] = {}
        self.arrays: dict[str, TableType] = {}
        place = 0
        for field, dtype, dimensions in fields:
            self.places[field] = place
            self.arrays[field] = TableType(from_dtype(dtype), dimensions)
            place += 1 + dimensions
        super().__init__(name=name)


@register_model(PointerType)
class _PointerModel(models.OpaqueModel):
    pass


@infer_getattr
class _Attributes(AttributeTemplate):
    key = PointerType

    def generic_resolve(self, kind, attribute):
        return kind.arrays.get(attribute)


@lower_getattr_generic(PointerType)
def _read_array(context, builder, kind, pointer, attribute):
    """Build the array of a field: address and shape are loaded, strides follow from them."""
    array_type = kind.arrays[attribute]
    words = builder.bitcast(pointer, ir.IntType(64).as_pointer())

    def load(place):
        value = builder.load(builder.gep(words, [ir.Constant(ir.IntType(32), place)]))
        value.set_metadata("invariant.load", builder.module.add_metadata([]))
        return value

    first = kind.places[attribute]
    address = load(first)
    shape = [load(first + 1 + axis) for axis in range(array_type.ndim)]
    itemsize = context.get_abi_sizeof(context.get_data_type(array_type.dtype))
    strides = [ir.Constant(ir.IntType(64), itemsize)]
    for extent in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], extent))
    items = shape[0]
    for extent in shape[1:]:
        items = builder.mul(items, extent)
    array = context.make_array(array_type)(context, builder)
    array.data = builder.inttoptr(address, array.data.type)
    array.nitems = items
    array.itemsize = ir.Constant(ir.IntType(64), itemsize)
    array.shape = cgutils.pack_array(builder, shape)
    array.strides = cgutils.pack_array(builder, strides)
    array.meminfo = cgutils.get_null_value(array.meminfo.type)
    array.parent = cgutils.get_null_value(array.parent.type)
    return impl_ret_borrowed(context, builder, array_type, array._getvalue())


@unbox(PointerType)
def _unbox(kind, value, c):
    """A Python object with an integer attribute `address`."""
    number = c.pyapi.object_getattr_string(value, "address")
    address = c.pyapi.long_as_longlong(number)
    c.pyapi.decref(number)
    pointer = c.builder.inttoptr(address, c.context.get_value_type(kind))
    return NativeValue(pointer, is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))


def register(python_class: type, name: str, fields: tuple) -> PointerType:
    """Let compiled functions take instances of a class whose `address` points to its fields' words."""
    kind = PointerType(name, fields)

    @typeof_impl.register(python_class)
    def _typeof(value, context):
        return kind

    return kind


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
    """Do nothing: interpreted code gains nothing from a hint."""


read_soon = _no_hint if INTERPRETED else _hint
"""`read_soon(array, i)`: prefetch item i of an array, counted along all its dimensions."""
