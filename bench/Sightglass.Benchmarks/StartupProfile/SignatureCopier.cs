using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Sightglass.Benchmarks.StartupProfile;

/// <summary>A type of a signature: how it is written, and the type it names where it is nothing but a name.</summary>
internal readonly record struct CopiedType(Action<BlobBuilder> Write, EntityHandle Name = default);

/// <summary>Reads signatures of a module so that they can be written into another assembly.</summary>
internal sealed class SignatureCopier(ModuleTokens module) : ISignatureTypeProvider<CopiedType, object?>
{
    /// <summary>Writes a method's signature.</summary>
    public static void Write(MethodSignature<CopiedType> signature, BlobBuilder target)
    {
        target.WriteByte(signature.Header.RawValue);
        if (signature.Header.IsGeneric)
        {
            target.WriteCompressedInteger(signature.GenericParameterCount);
        }

        target.WriteCompressedInteger(signature.ParameterTypes.Length);
        signature.ReturnType.Write(target);
        foreach (var parameter in signature.ParameterTypes)
        {
            parameter.Write(target);
        }
    }

    public CopiedType GetPrimitiveType(PrimitiveTypeCode typeCode) => new(b => b.WriteByte((byte)typeCode));

    public CopiedType GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => Named(handle, rawTypeKind);

    public CopiedType GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => Named(handle, rawTypeKind);

    public CopiedType GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    public CopiedType GetSZArrayType(CopiedType elementType) => Before(SignatureTypeCode.SZArray, elementType);

    public CopiedType GetByReferenceType(CopiedType elementType) => Before(SignatureTypeCode.ByReference, elementType);

    public CopiedType GetPointerType(CopiedType elementType) => Before(SignatureTypeCode.Pointer, elementType);

    public CopiedType GetPinnedType(CopiedType elementType) => Before(SignatureTypeCode.Pinned, elementType);

    public CopiedType GetGenericMethodParameter(object? genericContext, int index) => Numbered(SignatureTypeCode.GenericMethodParameter, index);

    public CopiedType GetGenericTypeParameter(object? genericContext, int index) => Numbered(SignatureTypeCode.GenericTypeParameter, index);

    public CopiedType GetArrayType(CopiedType elementType, ArrayShape shape) => throw new InvalidOperationException("arrays of several dimensions are not in the profile");

    public CopiedType GetFunctionPointerType(MethodSignature<CopiedType> signature) => new(b =>
    {
        b.WriteByte((byte)SignatureTypeCode.FunctionPointer);
        Write(signature, b);
    });

    public CopiedType GetGenericInstantiation(CopiedType genericType, ImmutableArray<CopiedType> typeArguments) => new(b =>
    {
        b.WriteByte((byte)SignatureTypeCode.GenericTypeInstance);
        genericType.Write(b);
        b.WriteCompressedInteger(typeArguments.Length);
        foreach (var argument in typeArguments)
        {
            argument.Write(b);
        }
    });

    public CopiedType GetModifiedType(CopiedType modifier, CopiedType unmodifiedType, bool isRequired) => new(b =>
    {
        b.WriteByte((byte)(isRequired ? SignatureTypeCode.RequiredModifier : SignatureTypeCode.OptionalModifier));
        b.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(modifier.Name));
        unmodifiedType.Write(b);
    });

    private static CopiedType Before(SignatureTypeCode code, CopiedType type) => new(b =>
    {
        b.WriteByte((byte)code);
        type.Write(b);
    });

    private static CopiedType Numbered(SignatureTypeCode code, int index) => new(b =>
    {
        b.WriteByte((byte)code);
        b.WriteCompressedInteger(index);
    });

    private CopiedType Named(EntityHandle handle, byte kind)
    {
        var name = module.Import(handle);
        return new(
            b =>
            {
                b.WriteByte(kind);
                b.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(name));
            },
            name);
    }
}
