s_add_u32 s8, s4, s6
s_and_b64 s[8:9], exec, vcc
s_mov_b32 m0, 0x12345678
s_mov_b64 exec, -1
s_mov_b32 s5, -16
s_mov_b32 s5, 64
s_mov_b32 s5, 0.5
s_mov_b32 s5, -4.0
s_mov_b32 s5, 0.15915494
s_mov_b32 ttmp3, s1
s_mov_b32 flat_scratch_lo, s1
s_mov_b64 vcc, s[100:101]
s_cmp_lg_u32 s1, 0xabcdef
s_cmp_eq_u64 s[2:3], 0
s_bitcmp1_b32 s3, s4
s_set_gpr_idx_on s3, gpr_idx(SRC0,DST)
s_movk_i32 s3, -2
s_cmpk_lg_u32 s3, 0xffff
s_addk_i32 vcc_lo, 0x1234
s_getreg_b32 s3, hwreg(HW_REG_MODE, 4, 4)
s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 4), 0x55
s_call_b64 s[30:31], 100
s_endpgm
s_nop 3
s_branch 0xfff0
s_cbranch_vccnz 4
s_waitcnt vmcnt(3) lgkmcnt(2)
s_sleep 10
s_sendmsg sendmsg(MSG_INTERRUPT)
s_load_dword s5, s[2:3], 0x10
s_load_dwordx16 s[16:31], s[2:3], -0x10
s_load_dwordx2 s[16:17], s[2:3], s9
s_load_dwordx4 s[16:19], s[2:3], s9 offset:0x20
s_load_dword s5, s[2:3], 0xfffff glc
s_buffer_load_dwordx8 s[16:23], s[4:7], m0
s_memtime s[10:11]
s_memrealtime vcc
s_store_dwordx4 s[12:15], s[2:3], 0x40
s_dcache_inv
v_mov_b32 v3, v4
v_mov_b32 v3, s4
v_mov_b32 v255, 0x12345678
v_mov_b32 v3, -0.5
v_mov_b32 v3, src_shared_base
v_readfirstlane_b32 s7, v9
v_cvt_f64_i32 v[6:7], v9
v_accvgpr_mov_b32 a3, a9
v_add_f32 v3, v4, v5
v_add_f32 v3, s4, v5
v_mul_f32 v3, 0x40490fdb, v5
v_cndmask_b32 v3, v4, v5, vcc
v_add_co_u32 v3, vcc, v4, v5
v_addc_co_u32 v3, vcc, v4, v5, vcc
v_subrev_co_u32 v3, vcc, s4, v5
v_madmk_f32 v3, v4, 0x12345678, v5
v_madak_f32 v3, v4, v5, 0x12345678
v_fmamk_f32 v3, v4, 0x12345678, v5
v_fmaak_f32 v3, v4, v5, 0x12345678
v_fmac_f32 v3, v4, v5
v_cmp_lt_f32 vcc, v4, v5
v_cmpx_gt_u64 vcc, v[4:5], v[6:7]
v_cmp_class_f32 vcc, v4, v5
v_cmp_eq_u32 s[12:13], s4, v5
v_cmp_lt_f64 s[12:13], -v[4:5], |v[6:7]|
v_add_f32 v3, -v4, |v5| clamp
v_add_f32 v3, v4, -|v5| mul:2
v_mul_f32 v3, v4, v5 div:2
v_fma_f32 v3, v4, -v5, |v6|
v_fma_f64 v[2:3], v[4:5], v[6:7], -v[8:9]
v_mad_u64_u32 v[2:3], s[12:13], v4, v5, v[6:7]
v_mad_i64_i32 v[2:3], vcc, s4, v5, 0
v_div_scale_f32 v2, vcc, v3, v4, v5
v_div_scale_f64 v[2:3], s[12:13], v[4:5], v[6:7], v[8:9]
v_div_fmas_f32 v2, v3, v4, v5
v_add_co_u32 v3, s[12:13], v4, v5
v_addc_co_u32 v3, s[12:13], v4, v5, s[14:15]
v_cndmask_b32 v3, v4, v5, s[14:15]
v_readlane_b32 s7, v9, s3
v_readlane_b32 s7, v9, 17
v_writelane_b32 v9, s3, 5
v_lshlrev_b64 v[2:3], v4, v[6:7]
v_bfe_u32 v2, v3, s4, 5
v_perm_b32 v2, v3, v4, s5
v_alignbit_b32 v2, v3, v4, 7
v_mbcnt_lo_u32_b32 v2, -1, 0
v_lshl_add_u32 v2, v3, 2, v4
v_mad_i16 v2, v3, v4, v5 op_sel:[0,1,0,1]
v_mul_lo_u32 v2, s3, v4
v_ldexp_f64 v[2:3], v[4:5], v6
v_lshl_add_u64 v[2:3], v[4:5], 3, v[6:7]
v_pk_add_f16 v2, v3, v4
v_pk_mul_lo_u16 v2, v3, s4 op_sel:[1,0] op_sel_hi:[0,1]
v_pk_fma_f16 v2, v3, v4, v5 neg_lo:[1,0,0] neg_hi:[0,1,0] clamp
v_pk_fma_f32 v[2:3], v[4:5], s[6:7], v[8:9] op_sel_hi:[1,0,1]
v_pk_mov_b32 v[2:3], v[4:5], v[6:7] op_sel:[1,0]
v_fma_mix_f32 v2, v3, v4, v5 op_sel:[1,0,0] op_sel_hi:[1,0,1]
v_dot4_i32_i8 v2, v3, v4, v5
v_accvgpr_read_b32 v5, a7
v_accvgpr_write_b32 a5, v7
v_accvgpr_write_b32 a5, 1.0
v_mfma_f32_32x32x1f32 a[0:31], v34, v35, a[0:31]
v_mfma_f32_32x32x8f16 a[0:15], v[34:35], v[36:37], a[0:15] cbsz:1 abid:2 blgp:3
v_mfma_f32_16x16x16f16 v[0:3], v[34:35], a[36:37], v[4:7]
v_mfma_f32_4x4x4f16 a[0:3], a[4:5], v[6:7], 0
v_mfma_f64_16x16x4f64 v[0:7], v[34:35], v[36:37], v[8:15]
v_smfmac_f32_16x16x32_f16 v[10:13], a[2:3], v[4:7], v9 cbsz:3
v_mfma_f32_16x16x32_fp8_fp8 v[0:3], v[34:35], v[36:37], v[4:7]
v_mov_b32_sdwa v3, v4 dst_sel:WORD_1 dst_unused:UNUSED_PRESERVE src0_sel:BYTE_2
v_add_u32_sdwa v3, v4, v5 dst_sel:BYTE_0 dst_unused:UNUSED_SEXT src0_sel:WORD_0 src1_sel:BYTE_3
v_add_f32_sdwa v3, -v4, |s5| clamp dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:DWORD src1_sel:WORD_1
v_lshlrev_b32_sdwa v3, v4, sext(v5) dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:BYTE_1 src1_sel:WORD_0
v_cmp_eq_u32_sdwa s[12:13], v4, v5 src0_sel:BYTE_0 src1_sel:DWORD
v_cmp_lt_u32_sdwa vcc, v4, v5 src0_sel:WORD_1 src1_sel:WORD_0
v_mov_b32_dpp v3, v4 quad_perm:[3,2,1,0] row_mask:0xa bank_mask:0x5
v_add_f32_dpp v3, -v4, |v5| row_shr:3 row_mask:0xf bank_mask:0xf bound_ctrl:0
v_mov_b32_dpp v3, v4 row_bcast:31 row_mask:0xf bank_mask:0xf
v_mov_b64_dpp v[2:3], v[4:5] row_newbcast:3 row_mask:0xf bank_mask:0xf
ds_read_b32 v3, v4 offset:65535
ds_read2_b64 v[4:7], v8 offset0:3 offset1:255
ds_write_b128 v3, v[4:7] offset:16
ds_write2st64_b32 v3, v4, v5 offset0:1 offset1:2
ds_cmpst_rtn_b32 v2, v3, v4, v5
ds_add_u32 v3, v4
ds_add_rtn_f64 v[2:3], v4, v[6:7]
ds_swizzle_b32 v3, v4 offset:swizzle(QUAD_PERM,0,1,2,3)
ds_bpermute_b32 v3, v4, v5 offset:4
ds_read_b64 a[4:5], v8
ds_write_b32 v8, a4
ds_gws_barrier v2 gds
flat_load_dword v3, v[4:5] offset:4095 glc slc
flat_load_dword v3, v[4:5] sc0 sc1 nt
flat_store_dwordx3 v[4:5], v[6:8]
flat_atomic_add v2, v[4:5], v6 glc
flat_atomic_add v2, v[4:5], v6 sc0
flat_load_dwordx4 a[0:3], v[4:5]
global_load_dwordx2 v[2:3], v[4:5], off offset:-4096
global_load_ubyte v3, v4, s[6:7] offset:4095
global_store_short v4, v5, s[6:7]
global_store_dword v[4:5], a6, off
global_atomic_cmpswap_x2 v[2:3], v[4:5], v[6:9], off glc
global_atomic_add_f32 v4, v5, s[6:7]
global_atomic_pk_add_f16 v[4:5], v6, off
global_load_lds_dword v[4:5], off offset:8
scratch_load_dword v3, v4, off offset:16
scratch_load_dword v3, off, s5 offset:-16
scratch_load_dword v3, v4, s5
scratch_load_dword v3, off, off offset:4
scratch_store_dwordx4 off, v[4:7], s5
scratch_store_byte v4, v5, off
buffer_load_dword v3, off, s[4:7], s9
buffer_load_dwordx4 v[4:7], v3, s[8:11], 0 offen offset:4095
buffer_load_dword v3, v4, s[8:11], m0 idxen
buffer_load_dword v3, v[4:5], s[8:11], s3 idxen offen glc
buffer_store_dword v3, off, s[0:3], s33 offset:12
buffer_store_byte a3, v4, s[0:3], 0 offen
buffer_atomic_add v3, off, s[4:7], s9 glc
buffer_atomic_add v3, off, s[4:7], s9 sc0
buffer_wbl2
buffer_wbinvl1_vol
buffer_inv sc1
