"""Which environment variables a LiteLLM provider needs: a table of our own.

LiteLLM's `validate_environment` says yes for providers that it does not know, and it has to be
imported. Here a provider without an entry is taken as usable: the first call tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

BASELINES = "popcorn"
PLUGINS = "plugin"  # their own code is called, not LiteLLM

# A provider is ready when all variables of one alternative are set. The first alternative is the
# one that messages name.
_NEEDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "ai21": (("AI21_API_KEY",),),
    "ai21_chat": (("AI21_API_KEY",),),
    "aihubmix": (("AIHUBMIX_API_KEY",),),
    "aiml": (("AIML_API_KEY",),),
    "amazon_nova": (("AMAZON_NOVA_API_KEY",),),
    "anthropic": (("ANTHROPIC_API_KEY",), ("ANTHROPIC_AUTH_TOKEN",)),
    "azure": (("AZURE_API_KEY", "AZURE_API_BASE"), ("AZURE_AD_TOKEN", "AZURE_API_BASE")),
    "azure_ai": (("AZURE_AI_API_KEY", "AZURE_AI_API_BASE"),),
    "baseten": (("BASETEN_API_KEY",),),
    "black_forest_labs": (("BFL_API_KEY",), ("BLACK_FOREST_LABS_API_KEY",)),
    "cerebras": (("CEREBRAS_API_KEY",),),
    "clarifai": (("CLARIFAI_API_KEY",), ("CLARIFAI_PAT",)),
    "cloudflare": (("CLOUDFLARE_API_KEY", "CLOUDFLARE_ACCOUNT_ID"),),
    "cohere": (("COHERE_API_KEY",), ("CO_API_KEY",)),
    "cohere_chat": (("COHERE_API_KEY",), ("CO_API_KEY",)),
    "crusoe": (("CRUSOE_API_KEY",),),
    "dashscope": (("DASHSCOPE_API_KEY",),),
    "databricks": (("DATABRICKS_API_KEY", "DATABRICKS_API_BASE"),),
    "deepinfra": (("DEEPINFRA_API_KEY",),),
    "deepseek": (("DEEPSEEK_API_KEY",),),
    "edenai": (("EDENAI_API_KEY",),),
    "fal_ai": (("FAL_AI_API_KEY",),),
    "featherless_ai": (("FEATHERLESS_AI_API_KEY",),),
    "fireworks_ai": (
        ("FIREWORKS_AI_API_KEY",),
        ("FIREWORKS_API_KEY",),
        ("FIREWORKSAI_API_KEY",),
        ("FIREWORKS_AI_TOKEN",),
    ),
    "friendliai": (("FRIENDLIAI_API_KEY",),),
    "gemini": (("GEMINI_API_KEY",), ("GOOGLE_API_KEY",)),
    "github": (("GITHUB_API_KEY",),),
    "gmi": (("GMI_API_KEY",),),
    "gradient_ai": (("GRADIENT_AI_API_KEY",),),
    "groq": (("GROQ_API_KEY",),),
    "huggingface": (("HF_TOKEN",), ("HUGGINGFACE_API_KEY",)),
    "hyperbolic": (("HYPERBOLIC_API_KEY",),),
    "inception": (("INCEPTION_API_KEY",),),
    "lambda_ai": (("LAMBDA_API_KEY",),),
    "litellm_proxy": (("LITELLM_PROXY_API_BASE",),),
    "meta": (("META_API_KEY",),),
    "meta_llama": (("LLAMA_API_KEY",),),
    "minimax": (("MINIMAX_API_KEY",),),
    "mistral": (("MISTRAL_API_KEY",),),
    "moonshot": (("MOONSHOT_API_KEY",),),
    "nebius": (("NEBIUS_API_KEY",),),
    "novita": (("NOVITA_API_KEY",),),
    "nscale": (("NSCALE_API_KEY",),),
    "nvidia_nim": (("NVIDIA_NIM_API_KEY",),),
    "openai": (("OPENAI_API_KEY",),),
    "openrouter": (("OPENROUTER_API_KEY",), ("OR_API_KEY",)),
    "perplexity": (("PERPLEXITYAI_API_KEY",), ("PERPLEXITY_API_KEY",)),
    "recraft": (("RECRAFT_API_KEY",),),
    "replicate": (("REPLICATE_API_KEY",), ("REPLICATE_API_TOKEN",)),
    "runwayml": (("RUNWAYML_API_SECRET",), ("RUNWAYML_API_KEY",)),
    "sambanova": (("SAMBANOVA_API_KEY",),),
    "scaleway": (("SCW_SECRET_KEY",),),
    "stability": (("STABILITY_API_KEY",),),
    "tencent": (("TENCENT_API_KEY",),),
    "together_ai": (
        ("TOGETHERAI_API_KEY",),
        ("TOGETHER_API_KEY",),
        ("TOGETHER_AI_API_KEY",),
        ("TOGETHER_AI_TOKEN",),
    ),
    "v0": (("V0_API_KEY",),),
    "vercel_ai_gateway": (("VERCEL_AI_GATEWAY_API_KEY",), ("VERCEL_OIDC_TOKEN",)),
    "vertex_ai": (
        ("VERTEXAI_PROJECT",),
        ("VERTEX_PROJECT",),
        ("GOOGLE_APPLICATION_CREDENTIALS",),
    ),
    "volcengine": (("VOLCENGINE_API_KEY",), ("ARK_API_KEY",)),
    "wandb": (("WANDB_API_KEY",),),
    "xai": (("XAI_API_KEY",),),
    "zai": (("ZAI_API_KEY",),),
}

# Servers on one's own machine: no key, and those of the second set have no usual address.
KEYLESS = frozenset(
    {"ollama", "ollama_chat", "llamafile", "docker_model_runner", "lemonade"}
    | {"lm_studio", "hosted_vllm", "openai_like", "xinference", "oobabooga", BASELINES}
    | {PLUGINS}
)
_NEED_ADDRESS = frozenset({"lm_studio", "hosted_vllm", "openai_like", "xinference", "oobabooga"})
_ADDRESS_VARIABLES = ("API_BASE", "BASE_URL")


def provider_of(model: str) -> str:
    """The part of a LiteLLM string before its first slash."""
    return model.partition("/")[0]


def key_variable(model: str) -> str:
    """The variable that messages about a model's key name."""
    provider = provider_of(model)
    needs = _NEEDS.get(provider)
    return needs[0][0] if needs else f"{provider.upper()}_API_KEY"


def address(model: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """The endpoint that the environment sets for a model's provider: (variable, URL) or ('', '').

    LiteLLM would follow it silently; named here it becomes part of the model's identity.
    """
    prefix = provider_of(model).upper()
    names = [f"{prefix}_{variable}" for variable in _ADDRESS_VARIABLES]
    return next(((name, environ[name]) for name in names if environ.get(name)), ("", ""))


def address_fault(url: str) -> str:
    """What is wrong with an endpoint's URL, or ''."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "not a URL"
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "must be an http or https URL"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "must hold no user, password, query or fragment"
    return ""


def missing(model: str, api_base: str, environ: Mapping[str, str]) -> str:
    """What must be set before a model can be called, as one phrase; '' if nothing.

    A server that one names by `api_base` may need no key, unless the provider's endpoint and key
    always come together (azure, databricks).
    """
    provider = provider_of(model)
    if provider in _NEED_ADDRESS and not api_base:
        return f"set {provider.upper()}_API_BASE or give api_base"
    needs = _NEEDS.get(provider, ())
    if not needs or (api_base and not any(_is_address(name) for name in needs[0])):
        return ""
    lacking = [[n for n in names if not _is_set(n, api_base, environ)] for names in needs]
    return "" if not all(lacking) else "set " + " and ".join(lacking[0])


def has_key(model: str, environ: Mapping[str, str]) -> bool:
    """Whether a key of the model's provider is set."""
    provider = provider_of(model)
    names = {name for names in _NEEDS.get(provider, ()) for name in names}
    names.add(f"{provider.upper()}_API_KEY")
    return any(environ.get(name) for name in names if not _is_address(name))


def _is_set(name: str, api_base: str, environ: Mapping[str, str]) -> bool:
    return bool(environ.get(name) or (api_base and _is_address(name)))


def _is_address(name: str) -> bool:
    return name.endswith("_API_BASE")
