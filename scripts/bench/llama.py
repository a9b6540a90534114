"""llama.cpp as a peer: its own C interface, out of the library inside a PyPI package.

`llama-cpp-python`, when it is there, because `scripts/bench-peers.sh --native` built it for this very processor; else `xllamacpp`, whose
wheel is built for AVX2. The structures here are those of the xllamacpp release that scripts/bench-peers.sh asks for (llama-cpp-python brings
its own); `Library` checks their defaults, so that another release is refused rather than misread.
"""
import ctypes as c
import glob
import importlib.util
import os
import time

import numpy

F16, Q8_0 = 1, 8  # ggml_type, for keys and values


class ModelParameters(c.Structure):
    _fields_ = [
        ("devices", c.c_void_p), ("overrides", c.c_void_p), ("n_gpu_layers", c.c_int32), ("split_mode", c.c_int32),
        ("load_mode", c.c_int32), ("lazy_mode", c.c_int32), ("main_gpu", c.c_int32), ("tensor_split", c.c_void_p),
        ("progress", c.c_void_p), ("progress_data", c.c_void_p), ("kv_overrides", c.c_void_p), ("vocab_only", c.c_bool),
        ("check_tensors", c.c_bool), ("use_extra_bufts", c.c_bool), ("no_host", c.c_bool), ("no_alloc", c.c_bool), ("load_mtp", c.c_bool),
    ]


class ContextParameters(c.Structure):
    _fields_ = [(name, c.c_uint32) for name in ("n_ctx", "n_batch", "n_ubatch", "n_seq_max", "n_rs_seq", "n_outputs_max", "n_outputs_max_per_seq")]
    _fields_ += [(name, c.c_int32) for name in ("n_threads", "n_threads_batch", "ctx_type", "rope_scaling", "pooling", "attention", "flash_attn_type")]
    _fields_ += [(name, c.c_float) for name in ("rope_base", "rope_scale", "yarn_ext", "yarn_attn", "yarn_fast", "yarn_slow")]
    _fields_ += [
        ("yarn_orig_ctx", c.c_uint32), ("defrag", c.c_float), ("cb_eval", c.c_void_p), ("cb_eval_data", c.c_void_p), ("type_k", c.c_int32),
        ("type_v", c.c_int32), ("moe_cache_size", c.c_size_t), ("abort", c.c_void_p), ("abort_data", c.c_void_p), ("embeddings", c.c_bool),
        ("offload_kqv", c.c_bool), ("no_perf", c.c_bool), ("op_offload", c.c_bool), ("swa_full", c.c_bool), ("kv_unified", c.c_bool),
        ("samplers", c.c_void_p), ("n_samplers", c.c_size_t), ("ctx_other", c.c_void_p),
    ]


class Batch(c.Structure):
    _fields_ = [
        ("n_tokens", c.c_int32), ("token", c.POINTER(c.c_int32)), ("embd", c.c_void_p), ("pos", c.POINTER(c.c_int32)),
        ("n_seq_id", c.POINTER(c.c_int32)), ("seq_id", c.POINTER(c.POINTER(c.c_int32))), ("logits", c.POINTER(c.c_int8)),
    ]


def thread_count():
    return len(os.sched_getaffinity(0))


class Library:
    """The functions that are used, with their types."""

    def __init__(self, native=True):
        structures = (ModelParameters, ContextParameters, Batch)
        if native and importlib.util.find_spec("llama_cpp"):
            import llama_cpp.llama_cpp as native_package

            lib = self.lib = c.CDLL(os.path.dirname(native_package.__file__) + "/lib/libllama.so")
            structures = (native_package.llama_model_params, native_package.llama_context_params, native_package.llama_batch)
        else:
            import xllamacpp

            lib = self.lib = c.CDLL(glob.glob(os.path.dirname(xllamacpp.__file__) + "/*.so")[0])
            lib.ggml_quantize_chunk.restype = c.c_size_t
            lib.ggml_quantize_chunk.argtypes = [c.c_int32, c.c_void_p, c.c_void_p, c.c_int64, c.c_int64, c.c_int64, c.c_void_p]
        model_parameters, context_parameters, batch = structures
        lib.llama_model_default_params.restype = model_parameters
        lib.llama_context_default_params.restype = context_parameters
        lib.llama_model_load_from_file.restype = c.c_void_p
        lib.llama_model_load_from_file.argtypes = [c.c_char_p, model_parameters]
        lib.llama_init_from_model.restype = c.c_void_p
        lib.llama_init_from_model.argtypes = [c.c_void_p, context_parameters]
        lib.llama_get_memory.restype = lib.llama_model_get_vocab.restype = c.c_void_p
        lib.llama_get_memory.argtypes = lib.llama_model_get_vocab.argtypes = [c.c_void_p]
        lib.llama_memory_clear.argtypes = [c.c_void_p, c.c_bool]
        lib.llama_memory_seq_rm.argtypes = [c.c_void_p, c.c_int32, c.c_int32, c.c_int32]
        lib.llama_decode.argtypes = [c.c_void_p, batch]
        lib.llama_batch_init.restype = batch
        lib.llama_batch_free.argtypes = [batch]
        lib.llama_get_logits_ith.restype = c.POINTER(c.c_float)
        lib.llama_get_logits_ith.argtypes = [c.c_void_p, c.c_int32]
        lib.llama_synchronize.argtypes = lib.llama_free.argtypes = lib.llama_model_free.argtypes = [c.c_void_p]
        lib.llama_vocab_n_tokens.argtypes = lib.llama_vocab_bos.argtypes = lib.llama_vocab_get_add_bos.argtypes = [c.c_void_p]
        lib.llama_vocab_get_add_bos.restype = c.c_bool
        lib.llama_tokenize.argtypes = [c.c_void_p, c.c_char_p, c.c_int32, c.c_void_p, c.c_int32, c.c_bool, c.c_bool]
        lib.llama_print_system_info.restype = c.c_char_p
        self._silence = c.CFUNCTYPE(None, c.c_int, c.c_char_p, c.c_void_p)(lambda level, text, data: None)
        lib.llama_log_set.argtypes = [c.c_void_p, c.c_void_p]
        lib.llama_log_set(c.cast(self._silence, c.c_void_p), None)
        lib.llama_backend_init()
        p, m = lib.llama_context_default_params(), lib.llama_model_default_params()
        known = (p.n_ctx, p.n_batch, p.n_ubatch, p.flash_attn_type, p.type_k, p.type_v, p.offload_kqv, m.use_extra_bufts, m.vocab_only)
        if known != (512, 2048, 512, -1, F16, F16, True, True, False):
            raise RuntimeError(f"llama.cpp is not of the release in scripts/bench-peers.sh: its structures differ ({known})")

    def build(self):
        """What the library was built for: the instruction sets that count."""
        words = self.lib.llama_print_system_info().decode().replace("|", " ").replace(":", " ")
        found = [name for name in ("AVX512_VNNI", "AVX512_BF16", "AVX_VNNI", "AVX512", "AVX2", "DOTPROD", "MATMUL_INT8", "NEON") if f" {name} = 1" in f" {words}"]
        return ", ".join(found) or "no vector instructions"

    def quantise(self, type_id, rows):
        """The bytes of float32 `rows` (n, k) in a GGML type, by llama.cpp's own quantiser: uint8 (n, bytes of a row)."""
        rows = numpy.ascontiguousarray(rows, dtype=numpy.float32)
        out = numpy.empty(rows.nbytes + 1024, dtype=numpy.uint8)
        size = self.lib.ggml_quantize_chunk(type_id, rows.ctypes.data, out.ctypes.data, 0, rows.shape[0], rows.shape[1], None)
        return out[:size].reshape(rows.shape[0], -1)


class Model:
    """A GGUF file, mapped, with one context."""

    def __init__(self, library, path, context=4096, sequences=1, flash=-1, kv_type=F16, batch=2048):
        lib = self.lib = library.lib
        model = lib.llama_model_default_params()
        self.model = lib.llama_model_load_from_file(path.encode(), model)
        if not self.model:
            raise RuntimeError(f"llama.cpp does not load {path}")
        self.vocab = lib.llama_model_get_vocab(self.model)
        self.n_vocab = lib.llama_vocab_n_tokens(self.vocab)
        self.context = self.make_context(context, sequences, flash, kv_type, batch)

    def make_context(self, length, sequences=1, flash=-1, kv_type=F16, batch=2048):
        p = self.lib.llama_context_default_params()
        p.n_ctx, p.n_batch, p.n_ubatch, p.n_seq_max = length, batch, min(batch, 512), sequences
        p.n_threads = p.n_threads_batch = thread_count()
        p.flash_attn_type, p.type_k, p.type_v = flash, kv_type, kv_type
        context = self.lib.llama_init_from_model(self.model, p)
        if not context:
            raise RuntimeError("llama.cpp makes no context of these settings")
        return context

    def clear(self, context=None):
        self.lib.llama_memory_clear(self.lib.llama_get_memory(context or self.context), False)

    def decode(self, entries, context=None):
        """Reads (token, position, sequence, wants logits) in one call of llama_decode, and gives its seconds: of that call until it is done, not
        of Python laying out the batch."""
        context = context or self.context
        batch = self.lib.llama_batch_init(len(entries), 0, 1)
        batch.n_tokens = len(entries)
        for i, (token, position, sequence, wants) in enumerate(entries):
            batch.token[i], batch.pos[i], batch.n_seq_id[i], batch.logits[i] = token, position, 1, wants
            batch.seq_id[i][0] = sequence
        start = time.perf_counter()
        status = self.lib.llama_decode(context, batch)
        self.lib.llama_synchronize(context)
        seconds = time.perf_counter() - start
        self.lib.llama_batch_free(batch)
        if status != 0:
            raise RuntimeError(f"llama_decode: {status}")
        return seconds

    def logits(self, index, context=None):
        return numpy.ctypeslib.as_array(self.lib.llama_get_logits_ith(context or self.context, index), (self.n_vocab,))

    def tokenize(self, text):
        """As llama-perplexity does: with the model's BOS if it adds one; control tokens in the text are text."""
        data = text.encode()
        tokens = (c.c_int32 * (len(data) + 16))()
        count = self.lib.llama_tokenize(self.vocab, data, len(data), tokens, len(tokens), True, False)
        return list(tokens[:count])

    def close(self):
        self.lib.llama_free(self.context)
        self.lib.llama_model_free(self.model)
